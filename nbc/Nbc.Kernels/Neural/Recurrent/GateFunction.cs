using System.Numerics;

namespace Nbc.Kernels.Neural.Recurrent;

/// <summary>The functions that gates of recurrent networks may have.</summary>
internal enum GateKind
{
    Relu,
    Tanh,
    Sigmoid,
    Affine,
    LeakyRelu,
    ThresholdedRelu,
    ScaledTanh,
    HardSigmoid,
    Elu,
    Softsign,
    Softplus,
}

/// <summary>A gate's function with its two numbers.</summary>
internal readonly record struct GateFunction(GateKind Kind, double Alpha, double Beta)
{
    /// <summary>Reads the functions of all directions; each takes the next alpha and beta if it knows such.</summary>
    public static GateFunction[] Read(KernelAttributes attributes, int directions, params ReadOnlySpan<string> defaults)
    {
        string[] names = attributes.Texts("activations") ?? [];
        int count = directions * defaults.Length;
        if (names.Length != 0 && names.Length != count)
        {
            throw Operand.Attribute("activations", string.Join(", ", names), $"{count} names");
        }

        Queue<double> alphas = new(attributes.Floats("activation_alpha") ?? []);
        Queue<double> betas = new(attributes.Floats("activation_beta") ?? []);
        GateFunction[] functions = new GateFunction[count];
        for (int i = 0; i < count; i++)
        {
            functions[i] = Of(names.Length == 0 ? defaults[i % defaults.Length] : names[i], alphas, betas);
        }

        return functions;
    }

    public T Apply<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        T alpha = T.CreateTruncating(Alpha), beta = T.CreateTruncating(Beta);
        return Kind switch
        {
            GateKind.Relu => T.Max(x, T.Zero),
            GateKind.Tanh => T.Tanh(x),
            GateKind.Sigmoid => T.One / (T.One + T.Exp(-x)),
            GateKind.Affine => (alpha * x) + beta,
            GateKind.LeakyRelu => x < T.Zero ? alpha * x : x,
            GateKind.ThresholdedRelu => x > alpha ? x : T.Zero,
            GateKind.ScaledTanh => alpha * T.Tanh(beta * x),
            GateKind.HardSigmoid => T.Clamp((alpha * x) + beta, T.Zero, T.One),
            GateKind.Elu => x < T.Zero ? alpha * (T.Exp(x) - T.One) : x,
            GateKind.Softsign => x / (T.One + T.Abs(x)),
            _ => T.Max(x, T.Zero) + T.Log(T.One + T.Exp(-T.Abs(x))),
        };
    }

    private static GateFunction Of(string name, Queue<double> alphas, Queue<double> betas) =>
        name.ToUpperInvariant() switch
        {
            "RELU" => new(GateKind.Relu, 0, 0),
            "TANH" => new(GateKind.Tanh, 0, 0),
            "SIGMOID" => new(GateKind.Sigmoid, 0, 0),
            "AFFINE" => new(GateKind.Affine, Next(alphas, 1), Next(betas, 0)),
            "LEAKYRELU" => new(GateKind.LeakyRelu, Next(alphas, 0.01), 0),
            "THRESHOLDEDRELU" => new(GateKind.ThresholdedRelu, Next(alphas, 1), 0),
            "SCALEDTANH" => new(GateKind.ScaledTanh, Next(alphas, 1), Next(betas, 1)),
            "HARDSIGMOID" => new(GateKind.HardSigmoid, Next(alphas, 0.2), Next(betas, 0.5)),
            "ELU" => new(GateKind.Elu, Next(alphas, 1), 0),
            "SOFTSIGN" => new(GateKind.Softsign, 0, 0),
            "SOFTPLUS" => new(GateKind.Softplus, 0, 0),
            _ => throw Operand.Attribute("activations", name, "a function that ONNX names"),
        };

    private static double Next(Queue<double> values, double otherwise) =>
        values.TryDequeue(out double value) ? value : otherwise;
}
