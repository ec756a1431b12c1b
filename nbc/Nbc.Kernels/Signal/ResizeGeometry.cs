using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>How places along one axis of a resized tensor correspond to places in the operand.</summary>
/// <param name="In">Elements of the operand.</param>
/// <param name="Out">Elements of the result.</param>
/// <param name="Scale">Result by operand, before rounding to whole elements.</param>
/// <param name="Length">Of the result, before rounding to whole elements.</param>
/// <param name="RoiStart">Of the region that is cropped, 0 to 1 is the whole axis.</param>
internal readonly record struct ResizeAxis(
    long In, long Out, double Scale, double Length, double RoiStart, double RoiEnd);

/// <summary>The attributes of Resize that say which place comes from where.</summary>
internal sealed class ResizeGeometry
{
    public const int HalfPixel = 0, HalfPixelSymmetric = 1, PytorchHalfPixel = 2, AlignCorners = 3, Asymmetric = 4,
        CropAndResize = 5, TfHalfPixelForNn = 6;

    private const int Stretch = 0, NotLarger = 1;

    private readonly int _coordinates;
    private readonly int _policy;
    private readonly long[]? _axes;

    public ResizeGeometry(KernelAttributes attributes)
    {
        // tf_half_pixel_for_nn is of version 11 alone; no other word says what it says.
        _coordinates = attributes.Choice(
            "coordinate_transformation_mode", "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel",
            "align_corners", "asymmetric", "tf_crop_and_resize", "tf_half_pixel_for_nn");
        _policy = attributes.Choice("keep_aspect_ratio_policy", "stretch", "not_larger", "not_smaller");
        _axes = attributes.Ints("axes");
    }

    public bool Crops => _coordinates == CropAndResize;

    /// <summary>Reads the operands roi, scales and sizes.</summary>
    /// <param name="axes">One for each dimension of x.</param>
    public void Read(KernelContext context, TensorValue x, Span<ResizeAxis> axes)
    {
        int count = _axes is null ? x.Rank : Dimensions.Rank(_axes.Length);
        Span<long> named = stackalloc long[count];
        for (int i = 0; i < count; i++)
        {
            named[i] = _axes is null ? i : _axes[i];
        }

        Dimensions.NormalizeAxes(named, x.Rank, "axes");
        for (int i = 0; i < axes.Length; i++)
        {
            axes[i] = new ResizeAxis(x.Shape[i], x.Shape[i], 1, x.Shape[i], 0, 1);
        }

        TensorValue? scales = Given(context, 2, "scales", count), sizes = Given(context, 3, "sizes", count);
        if (scales is null == sizes is null)
        {
            throw new KernelException(
                KernelFault.MissingOperand, "one of scales and sizes must be given, and only one");
        }

        if (scales is not null)
        {
            ReadScales(scales, named, axes);
        }
        else
        {
            ReadSizes(sizes!, named, axes);
        }

        if (Crops)
        {
            ReadRoi(context, named, axes);
        }
    }

    /// <summary>The place in the operand that an element of the result is taken from.</summary>
    public double Source(in ResizeAxis axis, long place) => _coordinates switch
    {
        AlignCorners => axis.Length == 1 ? 0 : place * (axis.In - 1) / (axis.Length - 1),
        Asymmetric => place / axis.Scale,
        PytorchHalfPixel when axis.Length <= 1 => 0,
        TfHalfPixelForNn => (place + 0.5) / axis.Scale,
        HalfPixelSymmetric => ((double)axis.In / 2 * (1 - (axis.Out / axis.Length))) +
            ((place + 0.5) / axis.Scale) - 0.5,
        CropAndResize when axis.Length <= 1 => (axis.RoiStart + axis.RoiEnd) * (axis.In - 1) / 2,
        CropAndResize => (axis.RoiStart * (axis.In - 1)) +
            (place * (axis.RoiEnd - axis.RoiStart) * (axis.In - 1) / (axis.Length - 1)),
        _ => ((place + 0.5) / axis.Scale) - 0.5,
    };

    /// <summary>True when every element of the result is the one at the same place: nothing is resized.</summary>
    public bool IsIdentity(in ResizeAxis axis) =>
        axis.In == axis.Out && axis.Scale == 1 && (!Crops || (axis.RoiStart == 0 && axis.RoiEnd == 1));

    // Older models give an empty tensor for what is not given.
    private static TensorValue? Given(KernelContext context, int input, string name, int count)
    {
        TensorValue? operand = context.OptionalInput(input);
        if (operand is null || operand.Count == 0)
        {
            return null;
        }

        return operand.Rank == 1 && operand.Count == count ? operand : throw new KernelException(
            KernelFault.WrongShape, $"{name} is {operand}, {count} axes are resized");
    }

    private static void ReadScales(TensorValue scales, ReadOnlySpan<long> named, Span<ResizeAxis> axes)
    {
        Dimensions.CheckType(scales, ElementType.Float32, "scales");
        for (int i = 0; i < named.Length; i++)
        {
            ref ResizeAxis axis = ref axes[(int)named[i]];
            float scale = scales.Span<float>()[i];
            if (!(scale > 0 && float.IsFinite(scale)))
            {
                throw new KernelException(KernelFault.OutOfRange, $"a scale of {scale}");
            }

            // In float32, as ONNX's own shape inference has it: 0.7 times 10 is 7, not a little less.
            long size = (long)MathF.Floor(axis.In * scale);
            axis = axis with { Out = size, Scale = scale, Length = (double)scale * axis.In };
        }
    }

    private void ReadSizes(TensorValue sizes, ReadOnlySpan<long> named, Span<ResizeAxis> axes)
    {
        Span<long> wanted = stackalloc long[named.Length];
        Dimensions.CheckIndexType(sizes, "sizes");
        Dimensions.Read(sizes, wanted);
        double shared = _policy == NotLarger ? double.PositiveInfinity : 0;
        for (int i = 0; i < named.Length; i++)
        {
            if (wanted[i] < 0)
            {
                throw new KernelException(KernelFault.OutOfRange, $"a size of {wanted[i]}");
            }

            double scale = (double)wanted[i] / Math.Max(1, axes[(int)named[i]].In);
            shared = _policy == NotLarger ? Math.Min(shared, scale) : Math.Max(shared, scale);
        }

        for (int i = 0; i < named.Length; i++)
        {
            ref ResizeAxis axis = ref axes[(int)named[i]];
            long size = _policy == Stretch ? wanted[i] : (long)Math.Floor((shared * axis.In) + 0.5);
            double scale = _policy == Stretch ? (double)size / Math.Max(1, axis.In) : shared;
            axis = axis with { Out = size, Scale = scale, Length = _policy == Stretch ? size : shared * axis.In };
        }
    }

    private static void ReadRoi(KernelContext context, ReadOnlySpan<long> named, Span<ResizeAxis> axes)
    {
        TensorValue roi = context.OptionalInput(1) ?? throw new KernelException(
            KernelFault.MissingOperand, "tf_crop_and_resize needs a roi");
        FloatWork.CheckFloat(roi, "roi");
        if (roi.Rank != 1 || roi.Count != 2 * named.Length)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"roi is {roi}, not starts and ends of {named.Length} axes");
        }

        for (int i = 0; i < named.Length; i++)
        {
            ref ResizeAxis axis = ref axes[(int)named[i]];
            axis = axis with
            {
                RoiStart = Scalars.ToDouble(roi, i),
                RoiEnd = Scalars.ToDouble(roi, named.Length + i),
            };
            if (!double.IsFinite(axis.RoiStart) || !double.IsFinite(axis.RoiEnd))
            {
                throw new KernelException(KernelFault.OutOfRange, "roi is not finite");
            }
        }
    }
}
