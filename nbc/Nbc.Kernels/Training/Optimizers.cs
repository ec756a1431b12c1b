using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Training;

/// <summary>One step of AdaGrad.</summary>
/// <remarks>Source: ONNX operator Adagrad of ai.onnx.preview.training, version 1.</remarks>
internal sealed class AdagradKernel(KernelAttributes attributes) : OptimizerKernel(1)
{
    private readonly double _decay = attributes.Float("decay_factor");
    private readonly double _epsilon = attributes.Float("epsilon", 1e-6);
    private readonly double _norm = attributes.Float("norm_coefficient");

    protected override void Step(
        double rate, long steps, double gradient, ref double x, ref double first, ref double second)
    {
        double slope = (_norm * x) + gradient;
        first += slope * slope;
        x -= rate / (1 + (steps * _decay)) * slope / (Math.Sqrt(first) + _epsilon);
    }
}

/// <summary>One step of Adam.</summary>
/// <remarks>Source: ONNX operator Adam of ai.onnx.preview.training, version 1.</remarks>
internal sealed class AdamKernel(KernelAttributes attributes) : OptimizerKernel(2)
{
    private readonly double _alpha = attributes.Float("alpha", 0.9);
    private readonly double _beta = attributes.Float("beta", 0.999);
    // ONNX's text says 1e-6 where none is given, ONNX's own test data was made with 1e-2: nobody can know which is
    // meant.
    private readonly double _epsilon = attributes.Has("epsilon")
        ? attributes.Float("epsilon")
        : throw new KernelException(
            KernelFault.Unsupported, "Adam without epsilon has two meanings: say epsilon in the model");

    private readonly double _norm = attributes.Float("norm_coefficient");
    private readonly double _normAfter = attributes.Float("norm_coefficient_post");

    protected override void Step(
        double rate, long steps, double gradient, ref double x, ref double first, ref double second)
    {
        double slope = (_norm * x) + gradient;
        first = (_alpha * first) + ((1 - _alpha) * slope);
        second = (_beta * second) + ((1 - _beta) * slope * slope);
        double adjusted = steps > 0
            ? rate * Math.Sqrt(1 - Math.Pow(_beta, steps)) / (1 - Math.Pow(_alpha, steps))
            : rate;
        x -= adjusted * first / (Math.Sqrt(second) + _epsilon);
        x *= 1 - _normAfter;
    }
}

/// <summary>One step of gradient descent with momentum, standard or Nesterov's.</summary>
/// <remarks>Source: ONNX operator Momentum of ai.onnx.preview.training, version 1.</remarks>
internal sealed class MomentumKernel : OptimizerKernel
{
    private readonly double _alpha;
    private readonly double _beta;
    private readonly double _norm;
    private readonly bool _isNesterov;

    public MomentumKernel(KernelAttributes attributes)
        : base(1)
    {
        _alpha = attributes.Float("alpha");
        _beta = attributes.Float("beta");
        _norm = attributes.Float("norm_coefficient");
        _isNesterov = attributes.Text("mode") switch
        {
            "nesterov" => true,
            "standard" => false,
            string other => throw Refusal.Attribute("mode", $"'{other}'", "standard or nesterov"),
        };
    }

    protected override void Step(
        double rate, long steps, double gradient, ref double x, ref double first, ref double second)
    {
        double slope = (_norm * x) + gradient;
        first = (_alpha * first) + ((steps > 0 ? _beta : 1) * slope);
        x -= rate * (_isNesterov ? slope + (_alpha * first) : first);
    }
}
