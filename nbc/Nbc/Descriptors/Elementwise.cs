using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Element by element: arithmetic, comparison, logic, casts, activations.</summary>
internal static class Elementwise
{
    private const KernelTraits InPlace = KernelTraits.Elementwise | KernelTraits.InPlace;
    private const KernelTraits Commutative = KernelTraits.Commutative;

    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Make(0x1000, "abs", ["X"], ["Y"], InPlace),
        Make(0x1001, "neg", ["X"], ["Y"], InPlace),
        Make(0x1002, "sign", ["input"], ["output"], InPlace),
        Make(0x1003, "floor", ["X"], ["Y"], InPlace),
        Make(0x1004, "ceil", ["X"], ["Y"], InPlace),
        Make(0x1005, "round", ["X"], ["Y"], InPlace),
        Make(0x1006, "reciprocal", ["X"], ["Y"], InPlace),
        Make(0x1007, "sqrt", ["X"], ["Y"], InPlace),
        Make(0x1008, "exp", ["input"], ["output"], InPlace),
        Make(0x1009, "log", ["input"], ["output"], InPlace),
        Make(0x100A, "erf", ["input"], ["output"], InPlace),
        Make(0x100B, "sin", ["input"], ["output"], InPlace),
        Make(0x100C, "cos", ["input"], ["output"], InPlace),
        Make(0x100D, "tan", ["input"], ["output"], InPlace),
        Make(0x100E, "asin", ["input"], ["output"], InPlace),
        Make(0x100F, "acos", ["input"], ["output"], InPlace),
        Make(0x1010, "atan", ["input"], ["output"], InPlace),
        Make(0x1011, "sinh", ["input"], ["output"], InPlace),
        Make(0x1012, "cosh", ["input"], ["output"], InPlace),
        Make(0x1013, "tanh", ["input"], ["output"], InPlace),
        Make(0x1014, "asinh", ["input"], ["output"], InPlace),
        Make(0x1015, "acosh", ["input"], ["output"], InPlace),
        Make(0x1016, "atanh", ["input"], ["output"], InPlace),
        Make(0x1017, "relu", ["X"], ["Y"], InPlace),
        Make(0x1018, "leaky_relu", ["X"], ["Y"], InPlace, Float("alpha", 0.01)),
        Make(0x1019, "elu", ["X"], ["Y"], InPlace, Float("alpha", 1)),
        Make(0x101A, "selu", ["X"], ["Y"],
            InPlace, Float("alpha", 1.67326319217681884765625), Float("gamma", 1.05070102214813232421875)),
        Make(0x101B, "celu", ["X"], ["Y"], InPlace, Float("alpha", 1)),
        Make(0x101C, "prelu", ["X", "slope"], ["Y"], InPlace),
        Make(0x101D, "hard_sigmoid", ["X"], ["Y"], InPlace, Float("alpha", 0.2), Float("beta", 0.5)),
        Make(0x101E, "hard_swish", ["X"], ["Y"], InPlace),
        Make(0x101F, "sigmoid", ["X"], ["Y"], InPlace),
        Make(0x1020, "softplus", ["X"], ["Y"], InPlace),
        Make(0x1021, "softsign", ["input"], ["output"], InPlace),
        Make(0x1022, "gelu", ["X"], ["Y"], InPlace, Text("approximate", "none")),
        Make(0x1023, "mish", ["X"], ["Y"], InPlace),
        Make(0x1024, "swish", ["X"], ["Y"], InPlace, Float("alpha", 1)),
        Make(0x1025, "thresholded_relu", ["X"], ["Y"], InPlace, Float("alpha", 1)),
        Make(0x1026, "shrink", ["input"], ["output"], InPlace, Float("bias", 0), Float("lambd", 0.5)),
        Make(0x1027, "clip", ["input", "min?", "max?"], ["output"], InPlace),
        Make(0x1028, "add", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x1029, "sub", ["A", "B"], ["C"], InPlace),
        Make(0x102A, "mul", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x102B, "div", ["A", "B"], ["C"], InPlace),
        Make(0x102C, "pow", ["X", "Y"], ["Z"], InPlace),
        Make(0x102D, "mod", ["A", "B"], ["C"], InPlace, Int("fmod", 0)),
        Make(0x102E, "min", ["data_0", "data..."], ["min"], InPlace),
        Make(0x102F, "max", ["data_0", "data..."], ["max"], InPlace),
        Make(0x1030, "sum", ["data_0", "data..."], ["sum"], InPlace),
        Make(0x1031, "mean", ["data_0", "data..."], ["mean"], InPlace),
        Make(0x1032, "equal", ["A", "B"], ["C"], KernelTraits.Elementwise | Commutative),
        Make(0x1033, "less", ["A", "B"], ["C"], KernelTraits.Elementwise),
        Make(0x1034, "less_or_equal", ["A", "B"], ["C"], KernelTraits.Elementwise),
        Make(0x1035, "greater", ["A", "B"], ["C"], KernelTraits.Elementwise),
        Make(0x1036, "greater_or_equal", ["A", "B"], ["C"], KernelTraits.Elementwise),
        Make(0x1037, "and", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x1038, "or", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x1039, "xor", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x103A, "not", ["X"], ["Y"], InPlace),
        Make(0x103B, "bit_shift", ["X", "Y"], ["Z"], InPlace, Needed(Text("direction"))),
        Make(0x103C, "bitwise_and", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x103D, "bitwise_or", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x103E, "bitwise_xor", ["A", "B"], ["C"], InPlace | Commutative),
        Make(0x103F, "bitwise_not", ["X"], ["Y"], InPlace),
        Make(0x1040, "is_nan", ["X"], ["Y"], KernelTraits.Elementwise),
        Make(0x1041, "is_inf", ["X"], ["Y"], KernelTraits.Elementwise,
            Int("detect_negative", 1), Int("detect_positive", 1)),
        Make(0x1042, "where", ["condition", "X", "Y"], ["output"], KernelTraits.Elementwise),
        Make(0x1043, "cast", ["input"], ["output"],
            KernelTraits.Elementwise, Text("round_mode", "up"), Int("saturate", 1), Needed(Int("to"))),
        Make(0x1044, "cast_like", ["input", "target_type"], ["output"],
            KernelTraits.Elementwise, Text("round_mode", "up"), Int("saturate", 1)),
        Make(0x1045, "identity", ["input"], ["output"], KernelTraits.View),
        Make(0x1046, "dropout", ["data", "ratio?", "training_mode?"], ["output", "mask?"],
            KernelTraits.Random, Int("seed")),
        Make(0x1047, "bernoulli", ["input"], ["output"], KernelTraits.Random, Int("dtype"), Float("seed")),
        Make(0x1048, "bit_cast", ["input"], ["output"], KernelTraits.Elementwise, Needed(Int("to"))),
    ];

    // What draws random numbers gives other results for equal inputs; all else here is pure.
    private static KernelDescriptor Make(
        ushort opcode,
        string name,
        string[] inputs,
        string[] outputs,
        KernelTraits traits,
        params AttributeSpec[] attributes) => Op(opcode, name, inputs, outputs, attributes) with
        {
            Traits = traits | (traits.HasFlag(KernelTraits.Random) ? 0 : KernelTraits.Pure),
        };
}
