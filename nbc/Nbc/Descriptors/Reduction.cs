using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Sums, extremes and norms along axes, softmax, normalisation, sorting.</summary>
internal static class Reduction
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
