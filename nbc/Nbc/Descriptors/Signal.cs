using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Fourier transforms, windows, resampling, boxes, images.</summary>
internal static class Signal
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
