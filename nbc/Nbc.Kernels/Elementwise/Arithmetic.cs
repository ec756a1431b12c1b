using System.Numerics.Tensors;

namespace Nbc.Kernels.Elementwise;

// Each struct is an ONNX operator of the same name. Whole numbers wrap.

internal readonly struct Add : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => x + y;

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) =>
        TensorPrimitives.Add(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Add(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Add(y, x, z);
}

internal readonly struct Sub : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => x - y;

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) =>
        TensorPrimitives.Subtract(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Subtract(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Subtract(x, y, z);
}

internal readonly struct Mul : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => x * y;

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) =>
        TensorPrimitives.Multiply(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Multiply(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(T x, ReadOnlySpan<T> y, Span<T> z) => TensorPrimitives.Multiply(y, x, z);
}

/// <summary>Whole numbers are cut toward zero; the least one divided by -1 wraps to itself.</summary>
internal readonly struct Div : IBinaryKernel
{
    static bool IBinaryKernel.DividesBySecond => true;

    // The processor traps on the least number divided by -1.
    static T IBinaryKernel.Invoke<T>(T x, T y) => T.IsNegative(y) && y == T.Zero - T.One ? T.Zero - x : x / y;

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
    {
        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
        {
            TensorPrimitives.Divide(x, y, z);
            return;
        }

        for (int i = 0; i < z.Length; i++)
        {
            z[i] = TSelf.Invoke(x[i], y[i]);
        }
    }
}

internal readonly struct Max : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => T.Max(x, y);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) =>
        TensorPrimitives.Max(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Max(x, y, z);
}

internal readonly struct Min : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => T.Min(x, y);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z) =>
        TensorPrimitives.Min(x, y, z);

    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z) => TensorPrimitives.Min(x, y, z);
}

/// <summary>The remainder with the sign of the divisor.</summary>
internal readonly struct FloorMod : IBinaryKernel
{
    static bool IBinaryKernel.DividesBySecond => true;

    static T IBinaryKernel.Invoke<T>(T x, T y)
    {
        if (y == T.Zero - T.One && !IsFloat<T>())
        {
            return T.Zero;
        }

        T rest = x % y;
        return rest != T.Zero && T.IsNegative(rest) != T.IsNegative(y) ? rest + y : rest;
    }

    internal static bool IsFloat<T>() => typeof(T) == typeof(float) || typeof(T) == typeof(double);
}

/// <summary>The remainder with the sign of the dividend, as C's fmod.</summary>
internal readonly struct TruncatedMod : IBinaryKernel
{
    static bool IBinaryKernel.DividesBySecond => true;

    static T IBinaryKernel.Invoke<T>(T x, T y) =>
        y == T.Zero - T.One && !FloorMod.IsFloat<T>() ? T.Zero : x % y;
}

/// <summary>x, or slope times x where x is negative.</summary>
internal readonly struct Prelu : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => x < T.Zero ? x * y : x;
}

/// <summary>Only for floating point; whole numbers go through <see cref="PowKernel"/>'s own loop.</summary>
internal readonly struct Power : IBinaryKernel
{
    static T IBinaryKernel.Invoke<T>(T x, T y) => typeof(T) == typeof(float)
        ? T.CreateTruncating(MathF.Pow(float.CreateTruncating(x), float.CreateTruncating(y)))
        : T.CreateTruncating(Math.Pow(double.CreateTruncating(x), double.CreateTruncating(y)));

    // x ^ 2 and x ^ 3 make up nearly all powers in models.
    static void IBinaryKernel.Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z)
    {
        if (y == T.CreateTruncating(2))
        {
            TensorPrimitives.Multiply(x, x, z);
            return;
        }

        for (int i = 0; i < z.Length; i++)
        {
            z[i] = TSelf.Invoke(x[i], y);
        }
    }
}

internal readonly struct Equal : IComparison
{
    static bool IComparison.Invoke<T>(T x, T y) => x == y;
}

internal readonly struct Less : IComparison
{
    static bool IComparison.Invoke<T>(T x, T y) => x < y;
}

internal readonly struct LessOrEqual : IComparison
{
    static bool IComparison.Invoke<T>(T x, T y) => x <= y;
}

internal readonly struct Greater : IComparison
{
    static bool IComparison.Invoke<T>(T x, T y) => x > y;
}

internal readonly struct GreaterOrEqual : IComparison
{
    static bool IComparison.Invoke<T>(T x, T y) => x >= y;
}
