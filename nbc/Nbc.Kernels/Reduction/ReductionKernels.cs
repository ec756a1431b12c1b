namespace Nbc.Kernels.Reduction;

/// <summary>Which class is the code of which operator of Descriptors/Reduction.cs.</summary>
internal static class ReductionKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
