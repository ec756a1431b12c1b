using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Every step-th element from start to end, along the axes named.</summary>
/// <remarks>
/// Meaning: as numpy: negative positions count from the end, and positions outside are moved to the border.
/// Cost: a view where the result lies without gaps in the operand, a copy otherwise.
/// Source: ONNX operator Slice, version 13.
/// </remarks>
internal sealed class Slice : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        int rank = Dimensions.Rank(data);
        Span<long> shape = stackalloc long[rank];
        Span<long> from = stackalloc long[rank];
        Span<long> steps = stackalloc long[rank];
        data.Shape.CopyTo(shape);
        Shapes.Strides(data.Shape, steps);
        steps.CopyTo(from);
        long first = Cut(context, data, shape, from);
        if (shape.Contains(0))
        {
            context.Output(0, data.Type, shape);
        }
        else if (LiesWithoutGaps(data.Shape, shape, from, steps))
        {
            context.ViewPart(0, 0, first, shape);
        }
        else
        {
            StridedCopy.Gather(context, data, from, first, context.Output(0, data.Type, shape));
        }
    }

    // Changes sizes and steps of the axes that are cut; returns the first element.
    private static long Cut(KernelContext context, TensorValue data, Span<long> shape, Span<long> from)
    {
        int rank = shape.Length;
        int count = Dimensions.Length(context.Input(1), "starts");
        Span<long> starts = stackalloc long[count];
        Span<long> ends = stackalloc long[count];
        Span<long> axes = stackalloc long[count];
        Span<long> strides = stackalloc long[count];
        Dimensions.Read(context.Input(1), starts);
        Dimensions.ReadExactly(context.Input(2), "ends", ends);
        ReadOr(context.OptionalInput(3), "axes", axes, one: false);
        Dimensions.NormalizeAxes(axes, rank, "axes");
        ReadOr(context.OptionalInput(4), "steps", strides, one: true);
        long first = 0;
        for (int i = 0; i < count; i++)
        {
            int axis = (int)axes[i];
            long size = data.Shape[axis], step = strides[i];
            if (step == 0)
            {
                throw new KernelException(KernelFault.OutOfRange, $"the step along axis {axis} is 0");
            }

            long start = Place(starts[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
            long end = Place(ends[i], size, step > 0 ? 0 : -1, step > 0 ? size : size - 1);
            long span = step > 0 ? end - start : start - end;
            ulong pace = step > 0 ? (ulong)step : (ulong)-step;
            shape[axis] = span <= 0 ? 0 : (long)(((ulong)span - 1) / pace) + 1;
            first += shape[axis] == 0 ? 0 : start * from[axis];
            // With one element the step is never taken; it may be as large as it likes.
            from[axis] = shape[axis] <= 1 ? from[axis] : from[axis] * step;
        }

        return first;
    }

    private static void ReadOr(TensorValue? operand, string name, Span<long> values, bool one)
    {
        if (operand is not null)
        {
            Dimensions.ReadExactly(operand, name, values);
            return;
        }

        for (int i = 0; i < values.Length; i++)
        {
            values[i] = one ? 1 : i;
        }
    }

    private static long Place(long position, long size, long lowest, long highest) =>
        Math.Clamp(position < 0 ? position + size : position, lowest, highest);

    private static bool LiesWithoutGaps(
        ReadOnlySpan<long> whole, ReadOnlySpan<long> part, ReadOnlySpan<long> from, ReadOnlySpan<long> steps)
    {
        bool whatFollowsIsWhole = true;
        for (int i = whole.Length - 1; i >= 0; i--)
        {
            if (part[i] == 1)
            {
                whatFollowsIsWhole &= whole[i] == 1;
                continue;
            }

            if (!whatFollowsIsWhole || from[i] != steps[i])
            {
                return false;
            }

            whatFollowsIsWhole = part[i] == whole[i];
        }

        return true;
    }
}
