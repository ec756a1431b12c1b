using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Optimisers and losses: ONNX domain ai.onnx.preview.training, and losses of ai.onnx.</summary>
internal static class Training
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
