using System.Numerics.Tensors;

namespace Nbc.Kernels.Elementwise;

// Each line is an ONNX operator of the same name; a and b are its attributes in the order of their descriptor.

internal readonly struct LeakyRelu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x < T.Zero ? a * x : x;
}

internal readonly struct Elu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x < T.Zero ? a * T.ExpM1(x) : x;
}

/// <summary>a is alpha, b is gamma.</summary>
internal readonly struct Selu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => b * (x > T.Zero ? x : a * T.ExpM1(x));
}

internal readonly struct Celu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) =>
        T.Max(T.Zero, x) + T.Min(T.Zero, a * T.ExpM1(x / a));
}

/// <summary>a is alpha, b is beta.</summary>
internal readonly struct HardSigmoid : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.Max(T.Zero, T.Min(T.One, (a * x) + b));
}

internal readonly struct HardSwish : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) =>
        x * T.Max(T.Zero, T.Min(T.One, (x / T.CreateTruncating(6)) + T.CreateTruncating(0.5)));
}

internal readonly struct Sigmoid : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => T.One / (T.One + T.Exp(-x));

    static void IRealUnary.Invoke<TSelf, T>(ReadOnlySpan<T> x, Span<T> y, T a, T b)
    {
        if (!x.IsEmpty) // the vector form throws for none
        {
            TensorPrimitives.Sigmoid(x, y);
        }
    }
}

/// <summary>log(1 + exp(x)) without overflow, exact for small results too.</summary>
internal readonly struct Softplus : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => Of(x);

    public static T Of<T>(T x)
        where T : System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        T small = T.Exp(-T.Abs(x));
        T one = T.One + small;
        return T.Max(x, T.Zero) + (one == T.One ? small : T.Log(one) * small / (one - T.One));
    }
}

internal readonly struct Softsign : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x / (T.One + T.Abs(x));
}

/// <summary>x times the share of the normal distribution below x.</summary>
internal readonly struct Gelu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b)
    {
        double value = double.CreateTruncating(x);
        return T.CreateTruncating(0.5 * value * (1 + ErrorFunction.Of(value / Math.Sqrt(2))));
    }
}

/// <summary>The approximation of <see cref="Gelu"/> by tanh.</summary>
/// <remarks>(1 + tanh z) / 2 is 1 / (1 + exp(-2 z)), which loses no digits where tanh is near -1.</remarks>
internal readonly struct GeluTanh : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x / (T.One
        + T.Exp(T.CreateTruncating(-2 * Math.Sqrt(2 / Math.PI)) * (x + (T.CreateTruncating(0.044715) * x * x * x))));
}

internal readonly struct Mish : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x * T.Tanh(Softplus.Of(x));
}

internal readonly struct Swish : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x / (T.One + T.Exp(-a * x));
}

internal readonly struct ThresholdedRelu : IRealUnary
{
    static T IRealUnary.Invoke<T>(T x, T a, T b) => x > a ? x : T.Zero;
}
