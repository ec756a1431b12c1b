namespace Nbc.Kernels.Elementwise;

/// <summary>Which class is the code of which operator of Descriptors/Elementwise.cs.</summary>
internal static class ElementwiseKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
