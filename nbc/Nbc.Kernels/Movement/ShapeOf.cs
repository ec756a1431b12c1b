using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>The sizes of a tensor's axes, or of some that follow each other.</summary>
/// <remarks>Source: ONNX operator Shape, version 25.</remarks>
internal sealed class ShapeOf(KernelAttributes attributes) : Kernel
{
    private readonly long _start = attributes.Int("start", 0);
    private readonly long _end = attributes.Int("end", long.MaxValue);

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        int start = Place(_start, data.Rank), end = Place(_end, data.Rank);
        int count = Math.Max(0, end - start);
        TensorValue output = context.Output(0, ElementType.Int64, count);
        data.Shape.Slice(count == 0 ? 0 : start, count).CopyTo(output.Span<long>());
    }

    private static int Place(long position, int rank) =>
        (int)Math.Clamp(position < 0 ? position + rank : position, 0, rank);
}
