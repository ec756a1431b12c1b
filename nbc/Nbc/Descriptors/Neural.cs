using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Matrix products, convolution, pooling, recurrent networks, attention.</summary>
internal static class Neural
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
