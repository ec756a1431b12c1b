using System.Numerics;
using System.Numerics.Tensors;

namespace Nbc.Kernels.Reduction;

/// <summary>How many numbers become one.</summary>
internal interface IReduction
{
    /// <summary>What no numbers become.</summary>
    static abstract T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;

    /// <summary>One number more.</summary>
    static abstract T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>;

    /// <summary>Many numbers more.</summary>
    static virtual T Fold<TSelf, T>(T sum, ReadOnlySpan<T> x)
        where TSelf : IReduction
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        foreach (T item in x)
        {
            sum = TSelf.Step(sum, item);
        }

        return sum;
    }

    /// <summary>The result from what was gathered over so many numbers.</summary>
    static virtual T Finish<T>(T sum, long count)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum;

    /// <summary>The result in floating point; another step than <see cref="Finish{T}(T, long)"/> for roots and
    /// logarithms, which whole numbers take in double precision too.</summary>
    static virtual double FinishReal<TSelf>(double sum, long count)
        where TSelf : IReduction => TSelf.Finish(sum, count);

    /// <summary>True when whole numbers are gathered in double precision.</summary>
    static virtual bool IsReal => false;
}

internal readonly struct SumOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum + x;

    static T IReduction.Fold<TSelf, T>(T sum, ReadOnlySpan<T> x) => sum + TensorPrimitives.Sum(x);
}

/// <summary>Whole numbers are cut toward zero; of none they are 0.</summary>
internal readonly struct MeanOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum + x;

    static T IReduction.Fold<TSelf, T>(T sum, ReadOnlySpan<T> x) => sum + TensorPrimitives.Sum(x);

    static T IReduction.Finish<T>(T sum, long count) => count == 0 ? T.Zero : sum / T.CreateTruncating(count);

    static double IReduction.FinishReal<TSelf>(double sum, long count) => sum / count;
}

internal readonly struct MaxOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> =>
        typeof(T) == typeof(double) ? T.CreateTruncating(double.NegativeInfinity) : T.MinValue;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Max(sum, x);

    static T IReduction.Fold<TSelf, T>(T sum, ReadOnlySpan<T> x) => T.Max(sum, TensorPrimitives.Max(x));
}

internal readonly struct MinOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> =>
        typeof(T) == typeof(double) ? T.CreateTruncating(double.PositiveInfinity) : T.MaxValue;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Min(sum, x);

    static T IReduction.Fold<TSelf, T>(T sum, ReadOnlySpan<T> x) => T.Min(sum, TensorPrimitives.Min(x));
}

internal readonly struct ProductOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.One;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum * x;
}

internal readonly struct L1Of : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.IsNegative(x) ? sum - x : sum + x;
}

internal readonly struct SumSquareOf : IReduction
{
    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum + (x * x);

    static T IReduction.Fold<TSelf, T>(T sum, ReadOnlySpan<T> x) => sum + TensorPrimitives.SumOfSquares(x);
}

internal readonly struct L2Of : IReduction
{
    static bool IReduction.IsReal => true;

    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum + (x * x);

    static double IReduction.FinishReal<TSelf>(double sum, long count) => Math.Sqrt(sum);
}

internal readonly struct LogSumOf : IReduction
{
    static bool IReduction.IsReal => true;

    public static T Identity<T>()
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => T.Zero;

    public static T Step<T>(T sum, T x)
        where T : unmanaged, INumber<T>, IMinMaxValue<T> => sum + x;

    static double IReduction.FinishReal<TSelf>(double sum, long count) => Math.Log(sum);
}
