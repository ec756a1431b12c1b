using System.Numerics;
using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Reduction;

/// <summary>Divides each lane by the sum of its absolute values. A lane of zeros stays.</summary>
internal readonly struct L1Normalized : ILaneOperator
{
    public static void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T> =>
        Divide(x, System.Numerics.Tensors.TensorPrimitives.SumOfMagnitudes(x), y);

    internal static void Divide<T>(ReadOnlySpan<T> x, T norm, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        if (norm == T.Zero)
        {
            y.Clear();
            return;
        }

        System.Numerics.Tensors.TensorPrimitives.Divide(x, norm, y);
    }
}

/// <summary>Divides each lane by the root of the sum of its squares. A lane of zeros stays.</summary>
internal readonly struct L2Normalized : ILaneOperator
{
    public static void Invoke<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T> =>
        L1Normalized.Divide(x, T.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares(x)), y);
}

/// <summary>Makes the kernel of ONNX operator LpNormalization, version 22.</summary>
internal static class LpNormalizationKernel
{
    public static Kernel Create(KernelAttributes attributes) => attributes.Int("p", 2) switch
    {
        1 => new LaneKernel<L1Normalized>(attributes),
        2 => new LaneKernel<L2Normalized>(attributes),
        long other => throw Refusal.Attribute("p", $"{other}", "1 or 2"),
    };
}
