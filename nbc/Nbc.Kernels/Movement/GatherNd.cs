using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Slices picked by several coordinates each: the last axis of the indices holds them.</summary>
/// <remarks>Source: ONNX operator GatherND, version 13.</remarks>
internal sealed class GatherNd : Kernel
{
    private readonly int _batchDims;

    public GatherNd(KernelAttributes attributes)
    {
        long batchDims = attributes.Int("batch_dims", 0);
        _batchDims = batchDims is >= 0 and < Dimensions.MaxRank ? (int)batchDims : throw new KernelException(
            KernelFault.WrongAttribute, $"batch_dims is {batchDims}, not a number of dimensions");
    }

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue indices = context.Input(1);
        int depth = CheckShapes(data, indices, _batchDims);
        int fixedAxes = _batchDims + depth;
        int rank = Dimensions.Rank(indices.Rank - 1 + data.Rank - fixedAxes);
        Span<long> shape = stackalloc long[rank];
        indices.Shape[..^1].CopyTo(shape);
        data.Shape[fixedAxes..].CopyTo(shape[(indices.Rank - 1)..]);
        Indices values = new(indices);
        TensorValue output = context.Output(0, data.Type, shape);
        if (output.Count == 0)
        {
            return;
        }

        int batches = Dimensions.Count(data.Shape[.._batchDims]);
        Pick pick = new(
            context,
            values,
            data.Shape[_batchDims..fixedAxes],
            batches,
            Dimensions.Count(indices.Shape[_batchDims..^1]),
            Dimensions.Count(data.Shape[fixedAxes..]));
        ElementMove.Run(ref pick, data, output);
    }

    private static int CheckShapes(TensorValue data, TensorValue indices, int batchDims)
    {
        Dimensions.Rank(data);
        Dimensions.Rank(indices);
        bool fits = indices.Rank > batchDims && data.Rank >= batchDims &&
            data.Shape[..batchDims].SequenceEqual(indices.Shape[..batchDims]) &&
            indices.Shape[^1] <= data.Rank - batchDims;
        return fits ? (int)indices.Shape[^1] : throw new KernelException(
            KernelFault.WrongShape, $"indices {indices} do not point into {data} with {batchDims} batch dimensions");
    }

    private readonly ref struct Pick(
        KernelContext context, Indices values, ReadOnlySpan<long> axes, int batches, int points, int slice)
        : IElementMove
    {
        private readonly Indices _values = values;
        private readonly ReadOnlySpan<long> _axes = axes;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int at = 0, to = 0, whole = source.Length / batches;
            for (int batch = 0; batch < batches; batch++)
            {
                for (int point = 0; point < points; point++, to += slice)
                {
                    long place = 0;
                    foreach (long size in _axes)
                    {
                        place = (place * size) + _values.At(at++, size);
                    }

                    source.Slice((int)((batch * (long)whole) + (place * slice)), slice).CopyTo(target[to..]);
                }

                context.ThrowIfCancelled();
            }
        }
    }
}
