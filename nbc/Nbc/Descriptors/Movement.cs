using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Elements are moved, never changed: reshape, slice, gather, scatter, pad.</summary>
internal static class Movement
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
