namespace Nbc.Kernels.Control;

/// <summary>Which class is the code of which operator of Descriptors/Control.cs.</summary>
internal static class ControlKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
