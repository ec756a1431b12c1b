using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Trees, linear models, encoders: ONNX domain ai.onnx.ml.</summary>
internal static class MachineLearning
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
