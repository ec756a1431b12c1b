using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>What the lowering of loops and scans needs; no operator of a model.</summary>
internal static class Control
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
