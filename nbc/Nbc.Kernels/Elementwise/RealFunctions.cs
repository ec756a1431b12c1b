using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Nbc.Kernels.Elementwise;

// Each line is an ONNX operator of the same name. Where TensorPrimitives has a vector form that is as exact as the
// scalar one near zero, it stands beside it; its sinh and tanh lose all digits there and are not used.

internal readonly struct Ceil : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Ceiling(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Ceiling(x, y);
}

internal readonly struct Floor : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Floor(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Floor(x, y);
}

/// <summary>To the nearest whole number, ties to the even one.</summary>
internal readonly struct Round : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Round(x, MidpointRounding.ToEven);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) =>
        TensorPrimitives.Round(x, MidpointRounding.ToEven, y);
}

internal readonly struct Reciprocal : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.One / x;

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) =>
        TensorPrimitives.Divide(T.One, x, y);
}

internal readonly struct Sqrt : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Sqrt(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Sqrt(x, y);
}

internal readonly struct Exp : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Exp(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Exp(x, y);
}

internal readonly struct Log : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Log(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Log(x, y);
}

internal readonly struct Erf : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.CreateTruncating(ErrorFunction.Of(double.CreateTruncating(x)));

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b)
    {
        if (typeof(T) == typeof(float))
        {
            ErrorFunctionSingle.Run(MemoryMarshal.Cast<T, float>(x), MemoryMarshal.Cast<T, float>(y));
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            y[i] = TSelf.Invoke(x[i], a, b);
        }
    }
}

internal readonly struct Sin : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Sin(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Sin(x, y);
}

internal readonly struct Cos : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Cos(x);

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b) => TensorPrimitives.Cos(x, y);
}

internal readonly struct Tan : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Tan(x);
}

internal readonly struct Asin : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Asin(x);
}

internal readonly struct Acos : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Acos(x);
}

internal readonly struct Atan : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Atan(x);
}

internal readonly struct Sinh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Sinh(x);
}

internal readonly struct Cosh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Cosh(x);
}

internal readonly struct Tanh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Tanh(x);
}

internal readonly struct Asinh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Asinh(x);
}

internal readonly struct Acosh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Acosh(x);
}

internal readonly struct Atanh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Atanh(x);
}
