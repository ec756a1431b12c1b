namespace Nbc.Kernels.Signal;

/// <summary>Which class is the code of which operator of Descriptors/Signal.cs.</summary>
internal static class SignalKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
