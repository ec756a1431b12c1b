using Nbc.Kernels;

namespace Nbc.Descriptors;

/// <summary>Tensors from nothing, sequences, optionals, strings, random numbers.</summary>
internal static class Making
{
    public static IEnumerable<KernelDescriptor> All { get; } =
    [
    ];
}
