namespace Nbc.Kernels.Making;

/// <summary>Which class is the code of which operator of Descriptors/Making.cs.</summary>
internal static class MakingKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
