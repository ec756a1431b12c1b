using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>A copy with some slices updated: the last axis of the indices holds the coordinates of each.</summary>
/// <remarks>
/// Meaning: updates are applied in their order, so that of several to one slice without a reduction the last stays.
/// Source: ONNX operator ScatterND, version 18.
/// </remarks>
internal sealed class ScatterNd(KernelAttributes attributes) : Kernel
{
    private readonly int _rule = Combine.Rule(attributes);

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue indices = context.Input(1);
        TensorValue updates = context.Input(2);
        Dimensions.CheckType(updates, data.Type, "updates");
        Dimensions.Rank(data);
        if (indices.Rank == 0 || indices.Shape[^1] > data.Rank)
        {
            throw new KernelException(KernelFault.WrongShape, $"indices {indices} do not point into {data}");
        }

        int depth = (int)indices.Shape[^1];
        int points = indices.Rank - 1;
        bool fits = updates.Rank == points + data.Rank - depth &&
            updates.Shape[..points].SequenceEqual(indices.Shape[..^1]) &&
            updates.Shape[points..].SequenceEqual(data.Shape[depth..]);
        if (!fits)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"updates {updates} do not fit indices {indices} into {data}");
        }

        Indices values = new(indices);
        TensorValue output = Combine.StartFrom(context, data);
        if (updates.Count > 0)
        {
            Put put = new(context, values, output.Shape[..depth], Dimensions.Count(output.Shape[depth..]));
            Combine.Run(ref put, _rule, updates, output);
        }
    }

    private readonly ref struct Put(KernelContext context, Indices values, ReadOnlySpan<long> axes, int slice)
        : ICombiningMove
    {
        private const int Block = 1 << 12;
        private readonly Indices _values = values;
        private readonly ReadOnlySpan<long> _axes = axes;

        public unsafe void Move<T>(ReadOnlySpan<T> updates, Span<T> target, delegate*<T, T, T> combine)
        {
            int at = 0, done = 0;
            for (int from = 0; from < updates.Length; from += slice)
            {
                long place = 0;
                foreach (long size in _axes)
                {
                    place = (place * size) + _values.At(at++, size);
                }

                Apply(updates.Slice(from, slice), target.Slice((int)(place * slice), slice), combine);
                if ((++done & (Block - 1)) == 0)
                {
                    context.ThrowIfCancelled();
                }
            }
        }

        private static unsafe void Apply<T>(ReadOnlySpan<T> updates, Span<T> target, delegate*<T, T, T> combine)
        {
            if (combine is null)
            {
                updates.CopyTo(target);
                return;
            }

            for (int i = 0; i < updates.Length; i++)
            {
                target[i] = combine(target[i], updates[i]);
            }
        }
    }
}
