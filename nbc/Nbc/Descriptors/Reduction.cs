using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Sums, extremes and norms along axes, softmax, normalisation, sorting.</summary>
internal static class Reduction
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Reduce(0x1200, "reduce_sum"),
        Reduce(0x1201, "reduce_mean"),
        Reduce(0x1202, "reduce_max"),
        Reduce(0x1203, "reduce_min"),
        Reduce(0x1204, "reduce_prod"),
        Reduce(0x1205, "reduce_l1"),
        Reduce(0x1206, "reduce_l2"),
        Reduce(0x1207, "reduce_log_sum"),
        Reduce(0x1208, "reduce_log_sum_exp"),
        Reduce(0x1209, "reduce_sum_square"),
        Op(0x120A, "arg_max", ["data"], ["reduced"],
            Int("axis", 0), Int("keepdims", 1), Int("select_last_index", 0)),
        Op(0x120B, "arg_min", ["data"], ["reduced"],
            Int("axis", 0), Int("keepdims", 1), Int("select_last_index", 0)),
        InPlace(Op(0x120C, "cum_sum", ["x", "axis"], ["y"], Int("exclusive", 0), Int("reverse", 0))),
        InPlace(Op(0x120D, "cum_prod", ["x", "axis"], ["y"], Int("exclusive", 0), Int("reverse", 0))),
        Op(0x120E, "top_k", ["X", "K"], ["Values", "Indices"], Int("axis", -1), Int("largest", 1), Int("sorted", 1)),
        InPlace(Op(0x120F, "softmax", ["input"], ["output"], Int("axis", -1))),
        InPlace(Op(0x1210, "log_softmax", ["input"], ["output"], Int("axis", -1))),
        InPlace(Op(0x1211, "hardmax", ["input"], ["output"], Int("axis", -1))),
        InPlace(Op(0x1212, "layer_normalization", ["X", "Scale", "B?"], ["Y", "Mean?", "InvStdDev?"],
            Int("axis", -1), Float("epsilon", 1e-5), Int("stash_type", 1))),
        InPlace(Op(0x1213, "rms_normalization", ["X", "scale"], ["Y"],
            Int("axis", -1), Float("epsilon", 1e-5), Int("stash_type", 1))),
        InPlace(Op(0x1214, "group_normalization", ["X", "scale", "bias"], ["Y"],
            Float("epsilon", 1e-5), Needed(Int("num_groups")), Int("stash_type", 1))),
        InPlace(Op(0x1215, "instance_normalization", ["input", "scale", "B"], ["output"], Float("epsilon", 1e-5))),
        InPlace(Op(0x1216, "batch_normalization",
            ["X", "scale", "B", "input_mean", "input_var"], ["Y", "running_mean?", "running_var?"],
            Float("epsilon", 1e-5), Float("momentum", 0.9), Int("training_mode", 0))),
        InPlace(Op(0x1217, "lp_normalization", ["input"], ["output"], Int("axis", -1), Int("p", 2))),
        InPlace(Op(0x1218, "mean_variance_normalization", ["X"], ["Y"],
            new AttributeSpec("axes", AttributeKind.Ints, new long[] { 0, 2, 3 }))),
        Op(0x1219, "lrn", ["X"], ["Y"],
            Float("alpha", 1e-4), Float("beta", 0.75), Float("bias", 1), Needed(Int("size"))),
    ];

    private static KernelDescriptor Reduce(ushort opcode, string name) =>
        Op(opcode, name, ["data", "axes?"], ["reduced"], Int("keepdims", 1), Int("noop_with_empty_axes", 0));

    private static KernelDescriptor InPlace(KernelDescriptor descriptor) =>
        descriptor with { Traits = descriptor.Traits | KernelTraits.InPlace };
}
