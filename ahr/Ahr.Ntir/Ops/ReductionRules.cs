using Ahr.Ntir.Inference;
using Ahr.Ntir.Ops.Movement;
using Ahr.Ntir.Ops.Reduction;
using Ahr.Ntir.Types;

namespace Ahr.Ntir.Ops;

/// <summary>Types and shapes of the operators in Nbc/Descriptors/Reduction.cs.</summary>
internal static class ReductionRules
{
    public static void Register(IDictionary<string, InferRule> rules)
    {
        rules["reduce_sum"] = context => ReduceRules.Reduce(context, (x, y) => x + y);
        rules["reduce_prod"] = context => ReduceRules.Reduce(context, (x, y) => x * y);
        rules["reduce_max"] = context => ReduceRules.Reduce(context, Dim.Max);
        rules["reduce_min"] = context => ReduceRules.Reduce(context, Dim.Min);
        foreach (string name in new[] { "mean", "l1", "l2", "log_sum", "log_sum_exp", "sum_square" })
        {
            rules["reduce_" + name] = context => ReduceRules.Reduce(context, compute: null);
        }

        rules["arg_max"] = ReduceRules.Arg;
        rules["arg_min"] = ReduceRules.Arg;
        rules["top_k"] = ReduceRules.TopK;
        rules["cum_sum"] = Sizes.Same;
        rules["cum_prod"] = Sizes.Same;
        rules["softmax"] = ReduceRules.Lane;
        rules["log_softmax"] = ReduceRules.Lane;
        rules["hardmax"] = ReduceRules.Lane;
        rules["lp_normalization"] = ReduceRules.Lane;
        rules["layer_normalization"] = NormalizationRules.Layer;
        rules["rms_normalization"] = ReduceRules.Lane;
        rules["group_normalization"] = NormalizationRules.Channels;
        rules["instance_normalization"] = NormalizationRules.Channels;
        rules["batch_normalization"] = NormalizationRules.Batch;
        rules["mean_variance_normalization"] = Sizes.Same;
        rules["lrn"] = Sizes.Same;
    }
}
