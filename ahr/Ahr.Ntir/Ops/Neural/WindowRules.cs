using Ahr.Ntir.Inference;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Neural;

/// <summary>Convolution and pooling: how often windows fit.</summary>
internal static class WindowRules
{
    public static void Conv(InferenceContext context) => Convolve(context, channelsLast: false);

    public static void NhwcConv(InferenceContext context) => Convolve(context, channelsLast: true);

    public static void ConvTranspose(InferenceContext context) => Spread(context, null);

    /// <summary>Pads come as the third operand.</summary>
    public static void ConvTransposeWithPads(InferenceContext context) =>
        Spread(context, context.Has(2) ? context.Numbers(2) ?? [] : null);

    public static void DeformConv(InferenceContext context)
    {
        if (context.Tensor(0) is null || !Known.IsRank(context, 0, 4) || !Known.IsRank(context, 1, 4))
        {
            return;
        }

        SymbolicShape? x = context.Shape(0), w = context.Shape(1), offset = context.Shape(2);
        Dim Size(int axis) => x is null ? Known.At(offset, axis + 2)
            : Count(context.Attributes, axis, 2, x[axis + 2], Known.At(w, axis + 2));
        Known.Give(context, 0, Known.At(x, 0), Known.At(w, 0), Size(0), Size(1));
    }

    public static void Pool(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x || context.Attributes.Ints("kernel_shape") is not { } kernel ||
            !Known.IsRank(context, 0, kernel.Length + 2))
        {
            return;
        }

        List<Dim> dims = [Known.At(x.Shape, 0), Known.At(x.Shape, 1)];
        for (int i = 0; i < kernel.Length; i++)
        {
            dims.Add(Count(context.Attributes, i, kernel.Length, Known.At(x.Shape, i + 2), kernel[i]));
        }

        SymbolicShape shape = new(dims);
        context.Give(0, x.Element, shape);
        context.Give(1, ElementType.Int64, shape);
    }

    public static void GlobalPool(InferenceContext context)
    {
        if (context.Tensor(0) is { } x)
        {
            context.Give(0, x.Element, x.Shape is null ? null : new SymbolicShape(
                x.Shape.Select((dim, axis) => axis < 2 ? dim : 1)));
        }
    }

    /// <summary>How many windows fit on one axis.</summary>
    public static Dim Count(KernelAttributes attributes, int axis, int axes, Dim size, Dim kernel)
    {
        long stride = At(attributes, "strides", axis, axes) ?? 1,
            dilation = At(attributes, "dilations", axis, axes) ?? 1;
        string auto = attributes.Text("auto_pad", "NOTSET");
        if (stride <= 0 || dilation <= 0)
        {
            return Dim.Unknown;
        }

        if (auto.StartsWith("SAME", StringComparison.Ordinal))
        {
            return Dim.CeilDiv(size, stride);
        }

        long before = 0, after = 0;
        if (auto is "NOTSET" or "")
        {
            before = At(attributes, "pads", axis, 2 * axes) ?? 0;
            after = At(attributes, "pads", axis + axes, 2 * axes) ?? 0;
        }

        Dim extent = ((kernel - 1) * dilation) + 1, room = size + before + after - extent;
        if (room is { IsConstant: true, Value: < 0 })
        {
            return 0;
        }

        if (!attributes.Flag("ceil_mode") || stride == 1)
        {
            return Dim.FloorDiv(room, stride) + 1;
        }

        // The last window must start on the data or before it; that is no expression of an unknown size.
        if (!room.IsConstant)
        {
            return Dim.Unknown;
        }

        Dim count = Dim.CeilDiv(room, stride) + 1;
        return (count.Value - 1) * stride >= size.Value + before ? count - 1 : count;
    }

    private static void Convolve(InferenceContext context, bool channelsLast)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        SymbolicShape? w = context.Shape(1);
        int? rank = x.Shape?.Rank ?? w?.Rank;
        if (rank is not { } known || known < 3)
        {
            context.Give(0, x.Element, null);
            return;
        }

        if (!Known.IsRank(context, 1, known))
        {
            return;
        }

        long groups = context.Attributes.Int("group", 1);
        int channel = channelsLast ? known - 1 : 1, first = channelsLast ? 1 : 2;
        ShapeRules.Same(context, Known.At(x.Shape, channel), Known.At(w, 1) * groups, "channels");
        Dim[] dims = new Dim[known];
        dims[0] = Known.At(x.Shape, 0);
        dims[channel] = Known.At(w, 0);
        long[]? kernel = context.Attributes.Ints("kernel_shape");
        for (int i = 0; i < known - 2; i++)
        {
            Dim size = w is null && kernel?.Length == known - 2 ? kernel[i] : Known.At(w, i + 2);
            dims[first + i] = Count(context.Attributes, i, known - 2, Known.At(x.Shape, first + i), size);
        }

        context.Give(0, x.Element, new SymbolicShape(dims));
    }

    /// <param name="given">Pads by an operand; empty when their values are not known, null when there are none.</param>
    private static void Spread(InferenceContext context, long[]? given)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        SymbolicShape? w = context.Shape(1);
        if ((x.Shape?.Rank ?? w?.Rank) is not { } rank || rank < 3)
        {
            context.Give(0, x.Element, null);
            return;
        }

        if (!Known.IsRank(context, 1, rank))
        {
            return;
        }

        ShapeRules.Same(context, Known.At(x.Shape, 1), Known.At(w, 0), "channels");
        List<Dim> dims = [Known.At(x.Shape, 0), Known.At(w, 1) * context.Attributes.Int("group", 1)];
        for (int i = 0; i < rank - 2; i++)
        {
            dims.Add(given is { Length: 0 }
                ? Dim.Unknown
                : Grown(context.Attributes, i, rank - 2, (Known.At(x.Shape, i + 2), Known.At(w, i + 2)), given));
        }

        context.Give(0, x.Element, new SymbolicShape(dims));
    }

    private static Dim Grown(
        KernelAttributes attributes, int axis, int axes, (Dim Input, Dim Kernel) sizes, long[]? given)
    {
        long stride = At(attributes, "strides", axis, axes) ?? 1,
            dilation = At(attributes, "dilations", axis, axes) ?? 1;
        if (attributes.Ints("output_shape") is { Length: > 0 } wanted)
        {
            int at = wanted.Length == axes + 2 ? axis + 2 : axis;
            return at < wanted.Length ? wanted[at] : Dim.Unknown;
        }

        string auto = attributes.Text("auto_pad", "NOTSET");
        if (auto.StartsWith("SAME", StringComparison.Ordinal))
        {
            return sizes.Input * stride;
        }

        long extra = At(attributes, "output_padding", axis, axes) ?? 0, pads = 0;
        if (given is not null)
        {
            pads = given.Length == 2 * axes ? given[axis] + given[axis + axes] : 0;
        }
        else if (auto is "NOTSET" or "")
        {
            pads = (At(attributes, "pads", axis, 2 * axes) ?? 0) + (At(attributes, "pads", axis + axes, 2 * axes) ?? 0);
        }

        Dim size = ((sizes.Input - 1) * stride) + extra + ((sizes.Kernel - 1) * dilation) + 1 - pads;
        return size.IsConstant && (size.Value < 0 || sizes.Input is { IsConstant: true, Value: 0 }) ? 0 : size;
    }

    private static long? At(KernelAttributes attributes, string name, int index, int length) =>
        attributes.Ints(name) is { } values && values.Length == length ? values[index] : null;
}
