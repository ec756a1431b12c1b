using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Operators of the domain com.microsoft that exporters emit.</summary>
internal static class Microsoft
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
