using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Ntir.Ops.Signal;

/// <summary>Fourier transforms, boxes, pictures, determinants.</summary>
internal static class TransformRules
{
    public static void Dft(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        long? named = context.Has(2) ? (context.Numbers(2) is [var number] ? number : null) : -2;
        if (input.Shape is not { } shape || named is null)
        {
            context.Give(0, input.Element, Sizes.Forget(input.Shape));
            return;
        }

        if (ShapeRules.Axis(context, named.Value, shape.Rank) is not { } axis)
        {
            return;
        }

        if (axis == shape.Rank - 1 || (shape[^1] is { IsConstant: true, Value: var parts } && parts is not (1 or 2)))
        {
            context.FailShape($"{shape} has no real or complex lines along axis {axis}");
            return;
        }

        bool isInverse = context.Attributes.Flag("inverse"), isOneSided = context.Attributes.Flag("onesided");
        Dim length = context.Has(1) ? Sizes.One(context, 1)
            : isInverse && isOneSided ? Dim.Max((shape[axis] - 1) * 2, 1) : shape[axis];
        length = isOneSided && !isInverse ? Dim.FloorDiv(length, 2) + 1 : length;
        context.Give(
            0, input.Element, shape.With(axis, length).With(shape.Rank - 1, isInverse && isOneSided ? 1 : 2));
    }

    public static void Stft(InferenceContext context)
    {
        if (context.Tensor(0) is not { } signal)
        {
            return;
        }

        if (signal.Shape is { Rank: not (2 or 3) })
        {
            context.FailShape($"{signal.Shape} is not a batch of real or complex lines");
            return;
        }

        SymbolicShape shape = signal.Shape ?? SymbolicShape.OfRank(2);
        Dim length = context.Has(3) ? Sizes.One(context, 3)
            : context.Has(2) ? context.Shape(2) is { Rank: 1 } window ? window[0] : Dim.Unknown
            : shape[1];
        Dim frames = Sizes.One(context, 1) is { IsConstant: true, Value: > 0 } step
            ? Dim.Max(Dim.FloorDiv(shape[1] - length, step) + 1, 0) : Dim.Unknown;
        Dim bins = context.Attributes.Flag("onesided", true) ? Dim.FloorDiv(length, 2) + 1 : length;
        context.Give(0, signal.Element, new SymbolicShape([shape[0], frames, bins, 2]));
    }

    public static void NonMaxSuppression(InferenceContext context) =>
        context.Give(0, ElementType.Int64, new SymbolicShape([Dim.Unknown, 3]));

    public static void ImageDecoder(InferenceContext context)
    {
        long channels = context.Attributes.Text("pixel_format", "RGB") == "Grayscale" ? 1 : 3;
        context.Give(0, ElementType.UInt8, new SymbolicShape([Dim.Unknown, Dim.Unknown, channels]));
    }

    public static void Det(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        if (x.Shape is { } shape && (shape.Rank < 2 || Dim.IsDifferent(shape[^1], shape[^2])))
        {
            context.FailShape($"{shape} is not of square matrices");
            return;
        }

        context.Give(0, x.Element, x.Shape is null ? null : new SymbolicShape(x.Shape.SkipLast(2)));
    }

    public static void Col2Im(InferenceContext context)
    {
        if (context.Tensor(0) is not { } input)
        {
            return;
        }

        SymbolicShape shape = input.Shape ?? SymbolicShape.OfRank(3);
        if (shape.Rank != 3)
        {
            context.FailShape($"{shape} is not of batch, channels of blocks and blocks");
            return;
        }

        if (Sizes.FromOperand(context, 1) is not { } picture)
        {
            context.Give(0, input.Element, null);
            return;
        }

        Dim block = context.Elements(2) is { } sizes ? new SymbolicShape(sizes).Product : Dim.Unknown;
        context.Give(0, input.Element, new SymbolicShape([shape[0], Dim.FloorDiv(shape[1], block), .. picture]));
    }

    public static void MaxUnpool(InferenceContext context)
    {
        if (context.Tensor(0) is not { } x)
        {
            return;
        }

        long[] kernel = context.Attributes.Ints("kernel_shape") ?? [];
        long[] strides = context.Attributes.Ints("strides") ?? [.. Enumerable.Repeat(1L, kernel.Length)];
        long[] pads = context.Attributes.Ints("pads") ?? new long[2 * kernel.Length];
        SymbolicShape shape = x.Shape ?? SymbolicShape.OfRank(kernel.Length + 2);
        if (shape.Rank != kernel.Length + 2 || strides.Length != kernel.Length || pads.Length != 2 * kernel.Length)
        {
            context.FailShape($"kernel, strides and pads do not fit {shape}");
            return;
        }

        if (context.Has(2))
        {
            context.Give(0, x.Element, Sizes.FromOperand(context, 2) is { } told && told.Rank == shape.Rank
                ? told : SymbolicShape.OfRank(shape.Rank));
            return;
        }

        for (int i = 0; i < kernel.Length; i++)
        {
            shape = shape.With(
                i + 2, ((shape[i + 2] - 1) * strides[i]) + kernel[i] - pads[i] - pads[kernel.Length + i]);
        }

        context.Give(0, x.Element, shape);
    }
}
