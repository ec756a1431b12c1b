using Nbc.Kernels;
using static Nbc.Descriptors.Declare;

namespace Nbc.Descriptors;

/// <summary>Optimisers and losses: ONNX domain ai.onnx.preview.training, and losses of ai.onnx.</summary>
internal static class Training
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
        Op(0x2800, "training.adagrad", ["R", "T", "inputs..."], ["outputs..."],
            Float("decay_factor", 0), Float("epsilon", 1e-6), Float("norm_coefficient", 0)),
        Op(0x2801, "training.adam", ["R", "T", "inputs..."], ["outputs..."],
            Float("alpha", 0.9), Float("beta", 0.999), Float("epsilon"), Float("norm_coefficient", 0),
            Float("norm_coefficient_post", 0)),
        Op(0x2802, "training.momentum", ["R", "T", "inputs..."], ["outputs..."],
            Needed(Float("alpha")), Needed(Float("beta")), Needed(Text("mode")), Needed(Float("norm_coefficient"))),
        Op(0x2803, "negative_log_likelihood_loss", ["input", "target", "weight?"], ["loss"],
            Int("ignore_index"), Text("reduction", "mean")),
        Op(0x2804, "softmax_cross_entropy_loss", ["scores", "labels", "weights?"], ["output", "log_prob?"],
            Int("ignore_index"), Text("reduction", "mean")),
    ];
}
