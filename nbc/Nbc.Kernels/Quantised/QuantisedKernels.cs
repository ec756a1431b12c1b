namespace Nbc.Kernels.Quantised;

/// <summary>Which class is the code of which operator of Descriptors/Quantised.cs.</summary>
internal static class QuantisedKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
