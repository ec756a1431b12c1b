namespace Nbc.Kernels.Microsoft;

/// <summary>Which class is the code of which operator of Descriptors/Microsoft.cs.</summary>
internal static class MicrosoftKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
