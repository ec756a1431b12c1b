using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Writes new rows into a cache, for each batch from a position of its own on.</summary>
/// <remarks>
/// Meaning: mode circular goes on at the start when the cache is full; mode linear refuses what does not fit.
/// Source: ONNX operator TensorScatter, version 24.
/// </remarks>
internal sealed class TensorScatter(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", -2);
    private readonly bool _isCircular = attributes.Choice("mode", "linear", "circular") == 1;

    public override void Run(KernelContext context)
    {
        TensorValue cache = context.Input(0);
        TensorValue update = context.Input(1);
        TensorValue? starts = context.OptionalInput(2);
        int axis = Dimensions.Axis(_axis, Dimensions.Rank(cache));
        Concat.CheckFits(cache, update, axis, 1);
        long size = cache.Shape[axis], rows = update.Shape[axis];
        if (axis == 0 || rows > size)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"update {update} does not go into {cache} along axis {axis}");
        }

        CheckStarts(cache, starts, size, rows);
        TensorValue output = Combine.StartFrom(context, cache);
        if (update.Count > 0)
        {
            int blocks = Dimensions.Count(cache.Shape[1..axis]);
            int inner = Dimensions.Count(cache.Shape[(axis + 1)..]);
            Write write = new(context, starts, (int)cache.Shape[0], blocks, (int)size, (int)rows, inner);
            ElementMove.Run(ref write, update, output);
        }
    }

    private void CheckStarts(TensorValue cache, TensorValue? starts, long size, long rows)
    {
        if (starts is null)
        {
            return;
        }

        Indices values = new(starts);
        if (starts.Rank != 1 || starts.Count != cache.Shape[0])
        {
            throw new KernelException(
                KernelFault.WrongShape, $"write_indices are {starts}, the batch is {cache.Shape[0]}");
        }

        for (int i = 0; i < starts.Count; i++)
        {
            if (values[i] < 0 || (_isCircular ? values[i] > int.MaxValue : values[i] > size - rows))
            {
                throw new KernelException(
                    KernelFault.OutOfRange, $"{rows} rows from row {values[i]} on do not fit into {size}");
            }
        }
    }

    private readonly ref struct Write(
        KernelContext context, TensorValue? starts, int batches, int blocks, int size, int rows, int inner)
        : IElementMove
    {
        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int from = 0;
            for (int block = 0; block < batches * blocks; block++)
            {
                long start = starts is null ? 0 : new Indices(starts)[block / blocks] % size;
                Span<T> cache = target.Slice(block * size * inner, size * inner);
                for (int row = 0; row < rows; row++, from += inner)
                {
                    int to = (int)((start + row) % size);
                    source.Slice(from, inner).CopyTo(cache[(to * inner)..]);
                }

                context.ThrowIfCancelled();
            }
        }
    }
}
