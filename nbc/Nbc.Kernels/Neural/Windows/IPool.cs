using System.Numerics;

namespace Nbc.Kernels.Neural.Windows;

/// <summary>What is made of the elements under one window.</summary>
/// <typeparam name="T">Of the elements and of the result.</typeparam>
internal interface IPool<T>
{
    /// <summary>Takes one more element; the first call starts anew.</summary>
    void Add(T value, bool isFirst);

    /// <param name="elements">Elements under the window that lie in the image.</param>
    /// <param name="whole">Those in its pads too.</param>
    T Finish(long elements, long whole);
}

/// <summary>The mean of what lies in the image, or in its pads too.</summary>
internal struct MeanPool<T>(bool countsPads) : IPool<T>
    where T : IFloatingPointIeee754<T>
{
    private T _sum = T.Zero;

    public void Add(T value, bool isFirst) => _sum = isFirst ? value : _sum + value;

    public readonly T Finish(long elements, long whole)
    {
        T sum = elements == 0 ? T.Zero : _sum;
        return sum / T.CreateTruncating(countsPads ? whole : elements);
    }
}

/// <summary>The norm of order p: the p-th root of the sum of |x|^p.</summary>
internal struct NormPool<T>(int p) : IPool<T>
    where T : IFloatingPointIeee754<T>
{
    private T _sum = T.Zero;

    public void Add(T value, bool isFirst)
    {
        T term = p == 1 ? T.Abs(value) : p == 2 ? value * value : T.Pow(T.Abs(value), T.CreateTruncating(p));
        _sum = isFirst ? term : _sum + term;
    }

    public readonly T Finish(long elements, long whole)
    {
        T sum = elements == 0 ? T.Zero : _sum;
        return p == 1 ? sum : p == 2 ? T.Sqrt(sum) : T.Pow(sum, T.One / T.CreateTruncating(p));
    }
}
