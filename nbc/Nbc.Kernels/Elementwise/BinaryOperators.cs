using System.Numerics;

namespace Nbc.Kernels.Elementwise;

/// <summary>A function of two numbers; the scalar line is the definition.</summary>
internal interface IBinaryKernel
{
    static abstract T Invoke<T>(T x, T y)
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>;

    /// <summary>The same for many pairs; z may be x or y.</summary>
    static virtual void Invoke<TSelf, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z)
        where TSelf : IBinaryKernel
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        for (int i = 0; i < z.Length; i++)
        {
            z[i] = TSelf.Invoke(x[i], y[i]);
        }
    }

    static virtual void Invoke<TSelf, T>(ReadOnlySpan<T> x, T y, Span<T> z)
        where TSelf : IBinaryKernel
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        for (int i = 0; i < z.Length; i++)
        {
            z[i] = TSelf.Invoke(x[i], y);
        }
    }

    static virtual void Invoke<TSelf, T>(T x, ReadOnlySpan<T> y, Span<T> z)
        where TSelf : IBinaryKernel
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        for (int i = 0; i < z.Length; i++)
        {
            z[i] = TSelf.Invoke(x, y[i]);
        }
    }

    /// <summary>True when whole numbers cannot be taken by zero.</summary>
    static virtual bool DividesBySecond => false;
}

/// <summary>A question about two numbers; the scalar line is the definition.</summary>
internal interface IComparison
{
    static abstract bool Invoke<T>(T x, T y)
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>;
}
