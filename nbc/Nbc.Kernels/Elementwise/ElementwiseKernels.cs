using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Elementwise;

/// <summary>Which class is the code of which operator of Descriptors/Elementwise.cs.</summary>
internal static class ElementwiseKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
        Functions(kernels);
        Activations(kernels);
        Arithmetic(kernels);
        Logic(kernels);
        kernels["clip"] = _ => new ClipKernel();
        kernels["where"] = _ => new WhereKernel();
        kernels["cast"] = attributes => new CastKernel(attributes, isLike: false);
        kernels["cast_like"] = attributes => new CastKernel(attributes, isLike: true);
        kernels["bit_cast"] = attributes => new BitCastKernel(attributes);
        kernels["identity"] = _ => new IdentityKernel();
        kernels["dropout"] = attributes => new DropoutKernel(attributes);
        kernels["bernoulli"] = attributes => new BernoulliKernel(attributes);
    }

    private static void Functions(IDictionary<string, KernelFactory> kernels)
    {
        kernels["abs"] = _ => new NumberUnaryKernel<Abs>();
        kernels["neg"] = _ => new NumberUnaryKernel<Neg>();
        kernels["sign"] = _ => new NumberUnaryKernel<Sign>();
        kernels["floor"] = _ => new RealUnaryKernel<Floor>();
        kernels["ceil"] = _ => new RealUnaryKernel<Ceil>();
        kernels["round"] = _ => new RealUnaryKernel<Round>();
        kernels["reciprocal"] = _ => new RealUnaryKernel<Reciprocal>();
        kernels["sqrt"] = _ => new RealUnaryKernel<Sqrt>();
        kernels["exp"] = _ => new RealUnaryKernel<Exp>();
        kernels["log"] = _ => new RealUnaryKernel<Log>();
        kernels["erf"] = _ => new RealUnaryKernel<Erf>();
        kernels["sin"] = _ => new RealUnaryKernel<Sin>();
        kernels["cos"] = _ => new RealUnaryKernel<Cos>();
        kernels["tan"] = _ => new RealUnaryKernel<Tan>();
        kernels["asin"] = _ => new RealUnaryKernel<Asin>();
        kernels["acos"] = _ => new RealUnaryKernel<Acos>();
        kernels["atan"] = _ => new RealUnaryKernel<Atan>();
        kernels["sinh"] = _ => new RealUnaryKernel<Sinh>();
        kernels["cosh"] = _ => new RealUnaryKernel<Cosh>();
        kernels["tanh"] = _ => new RealUnaryKernel<Tanh>();
        kernels["asinh"] = _ => new RealUnaryKernel<Asinh>();
        kernels["acosh"] = _ => new RealUnaryKernel<Acosh>();
        kernels["atanh"] = _ => new RealUnaryKernel<Atanh>();
    }

    private static void Activations(IDictionary<string, KernelFactory> kernels)
    {
        kernels["relu"] = _ => new NumberUnaryKernel<Relu>();
        kernels["leaky_relu"] = a => new RealUnaryKernel<LeakyRelu>(a.Float("alpha", 0.01));
        kernels["elu"] = a => new RealUnaryKernel<Elu>(a.Float("alpha", 1));
        kernels["selu"] = a => new RealUnaryKernel<Selu>(
            a.Float("alpha", 1.67326319217681884765625), a.Float("gamma", 1.05070102214813232421875));
        kernels["celu"] = a => new RealUnaryKernel<Celu>(a.Float("alpha", 1));
        kernels["prelu"] = _ => new BinaryKernel<Prelu>(isOneWay: true);
        kernels["hard_sigmoid"] = a => new RealUnaryKernel<HardSigmoid>(a.Float("alpha", 0.2), a.Float("beta", 0.5));
        kernels["hard_swish"] = _ => new RealUnaryKernel<HardSwish>();
        kernels["sigmoid"] = _ => new RealUnaryKernel<Sigmoid>();
        kernels["softplus"] = _ => new RealUnaryKernel<Softplus>();
        kernels["softsign"] = _ => new RealUnaryKernel<Softsign>();
        kernels["gelu"] = a => a.Text("approximate", "none") switch
        {
            "none" => new RealUnaryKernel<Gelu>(),
            "tanh" => new RealUnaryKernel<GeluTanh>(),
            string other => throw Refusal.Attribute("approximate", other, "none or tanh"),
        };
        kernels["mish"] = _ => new RealUnaryKernel<Mish>();
        kernels["swish"] = a => new RealUnaryKernel<Swish>(a.Float("alpha", 1));
        kernels["thresholded_relu"] = a => new RealUnaryKernel<ThresholdedRelu>(a.Float("alpha", 1));
        kernels["shrink"] = a => new ShrinkKernel(a);
    }

    private static void Arithmetic(IDictionary<string, KernelFactory> kernels)
    {
        kernels["add"] = _ => new BinaryKernel<Add>();
        kernels["sub"] = _ => new BinaryKernel<Sub>();
        kernels["mul"] = _ => new BinaryKernel<Mul>();
        kernels["div"] = _ => new BinaryKernel<Div>();
        kernels["pow"] = _ => new PowKernel();
        kernels["mod"] = a => a.Flag("fmod") ? new BinaryKernel<TruncatedMod>() : new BinaryKernel<FloorMod>();
        kernels["max"] = _ => new VariadicKernel<Max>();
        kernels["min"] = _ => new VariadicKernel<Min>();
        kernels["sum"] = _ => new VariadicKernel<Add>();
        kernels["mean"] = _ => new VariadicKernel<Add>(isMean: true);
    }

    private static void Logic(IDictionary<string, KernelFactory> kernels)
    {
        kernels["equal"] = _ => new ComparisonKernel<Equal>(isEquality: true);
        kernels["less"] = _ => new ComparisonKernel<Less>();
        kernels["less_or_equal"] = _ => new ComparisonKernel<LessOrEqual>();
        kernels["greater"] = _ => new ComparisonKernel<Greater>();
        kernels["greater_or_equal"] = _ => new ComparisonKernel<GreaterOrEqual>();
        kernels["and"] = _ => new LogicKernel<And>();
        kernels["or"] = _ => new LogicKernel<Or>();
        kernels["xor"] = _ => new LogicKernel<Xor>();
        kernels["not"] = _ => new NotKernel();
        kernels["bit_shift"] = a => a.Text("direction") switch
        {
            "LEFT" => new BitKernel<ShiftLeft>(isUnsignedOnly: true),
            "RIGHT" => new BitKernel<ShiftRight>(isUnsignedOnly: true),
            string other => throw Refusal.Attribute("direction", $"'{other}'", "LEFT or RIGHT"),
        };
        kernels["bitwise_and"] = _ => new BitKernel<BitwiseAnd>();
        kernels["bitwise_or"] = _ => new BitKernel<BitwiseOr>();
        kernels["bitwise_xor"] = _ => new BitKernel<BitwiseXor>();
        kernels["bitwise_not"] = _ => new BitwiseNotKernel();
        kernels["is_nan"] = _ => FloatClassKernel.IsNan();
        kernels["is_inf"] = FloatClassKernel.IsInfinite;
    }
}
