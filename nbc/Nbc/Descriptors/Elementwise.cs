using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Element by element: arithmetic, comparison, logic, casts, activations.</summary>
internal static class Elementwise
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
