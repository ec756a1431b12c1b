using System.Numerics;

namespace Nbc.Kernels.Elementwise;

/// <summary>A function of one real number with at most two parameters; the scalar line is the definition.</summary>
internal interface IRealUnary
{
    static abstract T Invoke<T>(T x, T a, T b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>;

    /// <summary>The same for many; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    static virtual void Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b)
        where TSelf : IRealUnary
        where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = TSelf.Invoke(x[i], a, b);
        }
    }
}

/// <summary>As <see cref="IRealUnary"/>, for whole numbers too.</summary>
internal interface INumberUnary
{
    static abstract T Invoke<T>(T x, T a, T b)
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>;

    /// <summary>The same for many; <paramref name="y"/> may be <paramref name="x"/>.</summary>
    static virtual void Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b)
        where TSelf : INumberUnary
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        for (int i = 0; i < x.Length; i++)
        {
            y[i] = TSelf.Invoke(x[i], a, b);
        }
    }
}
