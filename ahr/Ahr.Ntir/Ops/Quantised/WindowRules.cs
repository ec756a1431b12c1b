using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Quantised;

/// <summary>Windows that slide over quantised planes.</summary>
internal static class WindowRules
{
    public static void ConvInteger(InferenceContext context) =>
        context.Give(0, ElementType.Int32, Conv(context, context.Shape(0), context.Shape(1)));

    public static void QlinearConv(InferenceContext context)
    {
        if (context.Tensor(7) is { } zero)
        {
            context.Give(0, zero.Element, Conv(context, context.Shape(0), context.Shape(3)));
        }
    }

    public static void GlobalAveragePool(InferenceContext context)
    {
        if (context.Tensor(0) is { } input)
        {
            bool isLast = context.Attributes.Flag("channels_last");
            context.Give(0, input.Element, input.Shape is { } shape
                ? new SymbolicShape(shape.Select((dim, d) => d == 0 || d == (isLast ? shape.Rank - 1 : 1) ? dim : 1))
                : null);
        }
    }

    public static void AveragePool(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        long[]? kernel = context.Attributes.Ints("kernel_shape");
        if (input.Shape is not { } shape || kernel is null)
        {
            context.Give(0, input.Element, null);
            return;
        }

        if (shape.Rank != kernel.Length + 2)
        {
            context.FailShape($"{shape} has not {kernel.Length} spatial dimensions");
            return;
        }

        int first = context.Attributes.Flag("channels_last") ? 1 : 2;
        Dim[] dims = [.. shape];
        for (int d = 0; d < kernel.Length; d++)
        {
            dims[first + d] = Slide(context, d, kernel.Length, shape[first + d], kernel[d]);
        }

        context.Give(0, input.Element, new SymbolicShape(dims));
    }

    private static SymbolicShape? Conv(InferenceContext context, SymbolicShape? x, SymbolicShape? w)
    {
        if (x is null || w is null)
        {
            return (x ?? w) is { } known ? SymbolicShape.OfRank(known.Rank) : null;
        }

        if (x.Rank != w.Rank || x.Rank < 3)
        {
            context.FailShape($"{x} and {w} are no plane and its filters");
            return null;
        }

        ShapeRules.Same(context, x[1], w[1] * context.Attributes.Int("group", 1), "channels");
        Dim[] dims = [.. x];
        dims[1] = w[0];
        long[]? kernel = context.Attributes.Ints("kernel_shape");
        for (int d = 0; d < x.Rank - 2; d++)
        {
            Dim size = w[d + 2].IsUnknown && kernel is not null && d < kernel.Length ? kernel[d] : w[d + 2];
            dims[d + 2] = Slide(context, d, x.Rank - 2, x[d + 2], size);
        }

        return new SymbolicShape(dims);
    }

    // How many places a window has on one axis.
    private static Dim Slide(InferenceContext context, int axis, int rank, Dim input, Dim kernel)
    {
        KernelAttributes attributes = context.Attributes;
        long stride = At(attributes.Ints("strides"), axis, 1);
        string autoPad = attributes.Text("auto_pad", "NOTSET");
        if (stride < 1)
        {
            return Dim.Unknown; // the kernel refuses it
        }

        if (autoPad is "SAME_UPPER" or "SAME_LOWER")
        {
            return Dim.CeilDiv(input, stride);
        }

        bool isPadded = autoPad == "NOTSET";
        long[]? pads = attributes.Ints("pads");
        long begin = isPadded ? At(pads, axis, 0) : 0;
        Dim reach = ((kernel - 1) * At(attributes.Ints("dilations"), axis, 1)) + 1;
        Dim room = input + begin + (isPadded ? At(pads, rank + axis, 0) : 0) - reach;
        if (room.IsConstant && room.Value < 0)
        {
            context.FailShape($"a window of {reach} does not fit into {input}");
            return Dim.Unknown;
        }

        if (!attributes.Flag("ceil_mode"))
        {
            return Dim.FloorDiv(room, stride) + 1;
        }

        Dim places = Dim.CeilDiv(room, stride) + 1;
        if (!places.IsConstant || !input.IsConstant)
        {
            return stride == 1 ? places : Dim.Unknown;
        }

        // A window that would start behind the input and its first padding is left out.
        return (places.Value - 1) * stride >= input.Value + begin ? places.Value - 1 : places;
    }

    private static long At(long[]? values, int index, long otherwise) =>
        values is not null && index < values.Length ? values[index] : otherwise;
}
