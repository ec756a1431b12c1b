using System.Numerics;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Recurrent;

namespace Nbc.Kernels.Microsoft;

/// <summary>An activation that a fused operator applies to its results.</summary>
internal readonly struct FusedActivation
{
    private readonly GateFunction? _function;
    private readonly bool _clips;
    private readonly double _least, _most;

    /// <param name="name">Empty for none.</param>
    /// <param name="first">alpha, or the least value of Clip.</param>
    /// <param name="second">beta, or the largest value of Clip.</param>
    public FusedActivation(string name, double? first, double? second)
    {
        _clips = name == "Clip";
        _least = first ?? double.NegativeInfinity;
        _most = second ?? double.PositiveInfinity;
        if (_clips && !(_least <= _most))
        {
            throw Operand.Attribute("activation", $"Clip to {_least} to {_most}", "a range");
        }

        _function = name switch
        {
            "" or "Clip" => null,
            "Relu" => new(GateKind.Relu, 0, 0),
            "Tanh" => new(GateKind.Tanh, 0, 0),
            "Sigmoid" => new(GateKind.Sigmoid, 0, 0),
            "LeakyRelu" => new(GateKind.LeakyRelu, first ?? 0.01, 0),
            "HardSigmoid" => new(GateKind.HardSigmoid, first ?? 0.2, second ?? 0.5),
            "Elu" => new(GateKind.Elu, first ?? 1, 0),
            "ThresholdedRelu" => new(GateKind.ThresholdedRelu, first ?? 1, 0),
            "ScaledTanh" => new(GateKind.ScaledTanh, first ?? 1, second ?? 1),
            "Softplus" => new(GateKind.Softplus, 0, 0),
            "Softsign" => new(GateKind.Softsign, 0, 0),
            _ => throw Operand.Attribute("activation", name, "a function it knows"),
        };
    }

    public void Apply<T>(Span<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (_clips)
        {
            T least = T.CreateTruncating(_least), most = T.CreateTruncating(_most);
            foreach (ref T value in values)
            {
                value = T.Clamp(value, least, most);
            }
        }
        else if (_function is { } function)
        {
            foreach (ref T value in values)
            {
                value = function.Apply(value);
            }
        }
    }
}
