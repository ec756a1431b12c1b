using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Elementwise;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Elementwise.cs.</summary>
internal static class ElementwiseRules
{
    private static readonly string[] s_same =
    [
        "abs", "sign", "floor", "ceil", "round", "reciprocal", "sqrt", "exp", "log", "erf", "sin", "cos", "tan", "asin",
        "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "relu", "leaky_relu", "elu", "selu", "celu",
        "hard_sigmoid", "hard_swish", "sigmoid", "softplus", "softsign", "gelu", "mish", "swish", "thresholded_relu",
        "shrink", "clip", "not", "bitwise_not",
    ];

    public static void Register(IDictionary<string, InferRule> rules)
    {
        foreach (string name in s_same)
        {
            rules[name] = Sizes.Same;
        }

        rules["neg"] = CastRules.Negate;
        rules["identity"] = CastRules.Identity;
        rules["cast"] = CastRules.Cast;
        rules["bit_cast"] = CastRules.BitCast;
        rules["cast_like"] = CastRules.CastLike;
        rules["dropout"] = CastRules.Dropout;
        rules["bernoulli"] = CastRules.Bernoulli;
        rules["is_nan"] = CastRules.Question;
        rules["is_inf"] = CastRules.Question;
        rules["add"] = context => BroadcastRules.Arithmetic(context, (x, y) => x + y);
        rules["sub"] = context => BroadcastRules.Arithmetic(context, (x, y) => x - y);
        rules["mul"] = context => BroadcastRules.Arithmetic(context, (x, y) => x * y);
        rules["div"] = context => BroadcastRules.Arithmetic(context, BroadcastRules.Quotient);
        rules["mod"] = context => BroadcastRules.Arithmetic(context, BroadcastRules.Remainder);
        rules["min"] = context => BroadcastRules.Arithmetic(context, Dim.Min);
        rules["max"] = context => BroadcastRules.Arithmetic(context, Dim.Max);
        rules["sum"] = context => BroadcastRules.Arithmetic(context, (x, y) => x + y);
        rules["mean"] = context => BroadcastRules.Arithmetic(context, compute: null);
        foreach (string name in new[] { "bit_shift", "bitwise_and", "bitwise_or", "bitwise_xor", "and", "or", "xor" })
        {
            rules[name] = context => BroadcastRules.Arithmetic(context, compute: null);
        }

        rules["pow"] = BroadcastRules.Power;
        rules["prelu"] = BroadcastRules.OneWay;
        rules["where"] = BroadcastRules.Where;
        rules["equal"] = context => BroadcastRules.Comparison(context, (x, y) => x == y);
        rules["less"] = context => BroadcastRules.Comparison(context, (x, y) => x < y);
        rules["less_or_equal"] = context => BroadcastRules.Comparison(context, (x, y) => x <= y);
        rules["greater"] = context => BroadcastRules.Comparison(context, (x, y) => x > y);
        rules["greater_or_equal"] = context => BroadcastRules.Comparison(context, (x, y) => x >= y);
    }
}
