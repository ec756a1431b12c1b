using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Quantisation and arithmetic on quantised tensors.</summary>
internal static class Quantised
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
