using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Cuts or pads axes to given sizes, evenly on both sides.</summary>
/// <remarks>
/// Meaning: of an odd difference the end gets the larger part. What is added is zero.
/// Source: ONNX operator CenterCropPad, version 18.
/// </remarks>
internal sealed class CenterCropPad(KernelAttributes attributes) : Kernel
{
    private readonly long[]? _axes = attributes.Ints("axes");

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        int rank = Dimensions.Rank(input), count = _axes is null ? rank : Dimensions.Rank(_axes.Length);
        Span<long> axes = stackalloc long[count];
        Span<long> sizes = stackalloc long[count];
        for (int i = 0; i < count; i++)
        {
            axes[i] = _axes is null ? i : _axes[i];
        }

        Dimensions.NormalizeAxes(axes, rank, "axes");
        Dimensions.ReadExactly(context.Input(1), "shape", sizes);
        Span<long> shape = stackalloc long[rank];
        input.Shape.CopyTo(shape);
        bool grows = false;
        for (int i = 0; i < count; i++)
        {
            shape[(int)axes[i]] = sizes[i] >= 0 ? sizes[i] : throw new KernelException(
                KernelFault.OutOfRange, $"a size of {sizes[i]}");
            grows |= sizes[i] > input.Shape[(int)axes[i]];
        }

        TensorValue output = context.Output(0, input.Type, shape);
        if (grows)
        {
            ElementMove.Clear(output);
        }

        Copy(context, input, output);
    }

    private static void Copy(KernelContext context, TensorValue input, TensorValue output)
    {
        int rank = input.Rank;
        Span<long> extents = stackalloc long[rank];
        Span<long> from = stackalloc long[rank];
        Span<long> to = stackalloc long[rank];
        Shapes.Strides(input.Shape, from);
        Shapes.Strides(output.Shape, to);
        long first = 0, target = 0;
        for (int i = 0; i < rank; i++)
        {
            extents[i] = Math.Min(input.Shape[i], output.Shape[i]);
            first += (input.Shape[i] - extents[i]) / 2 * from[i];
            target += (output.Shape[i] - extents[i]) / 2 * to[i];
        }

        StridedCopy.Run(context, input, from, first, output, to, target, extents);
    }
}
