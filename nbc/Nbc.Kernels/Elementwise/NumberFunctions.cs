using System.Numerics.Tensors;

namespace Nbc.Kernels.Elementwise;

// Each struct is an ONNX operator of the same name, for whole numbers too: those wrap.

internal readonly struct Abs : INumberUnary
{
    static T INumberUnary.Invoke<T>(T x, T a, T b) => T.IsNegative(x) ? -x : x;
}

internal readonly struct Neg : INumberUnary
{
    static T INumberUnary.Invoke<T>(T x, T a, T b) => -x;

    static void INumberUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Negate(x, y);
}

/// <summary>-1, 0 or 1; NaN stays.</summary>
internal readonly struct Sign : INumberUnary
{
    static T INumberUnary.Invoke<T>(T x, T a, T b) =>
        x > T.Zero ? T.One : x < T.Zero ? T.Zero - T.One : x == T.Zero ? T.Zero : x;
}

internal readonly struct Relu : INumberUnary
{
    static T INumberUnary.Invoke<T>(T x, T a, T b) => T.Max(x, T.Zero);

    static void INumberUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) =>
        TensorPrimitives.Max(x, T.Zero, y);
}
