using System.Numerics;
using System.Numerics.Tensors;

namespace Nbc.Kernels.Neural.Recurrent;

/// <summary>Rounds numbers to 256 steps between their least and their largest, zero among them.</summary>
/// <remarks>Source: ONNX operator DynamicQuantizeLinear, version 11, and its inverse.</remarks>
internal static class DynamicRange
{
    private const int Steps = 255;

    public static void Round<T>(ReadOnlySpan<T> values, Span<T> target)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (values.IsEmpty)
        {
            return;
        }

        T least = T.Min(T.Zero, TensorPrimitives.Min(values)), most = T.Max(T.Zero, TensorPrimitives.Max(values));
        T scale = (most - least) / T.CreateTruncating(Steps);
        scale = scale == T.Zero ? T.One : scale;
        T zero = T.Clamp(T.Round(-least / scale), T.Zero, T.CreateTruncating(Steps));
        for (int i = 0; i < values.Length; i++)
        {
            T step = T.Clamp(T.Round(values[i] / scale) + zero, T.Zero, T.CreateTruncating(Steps));
            target[i] = (step - zero) * scale;
        }
    }
}
