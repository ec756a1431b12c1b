namespace Nbc.Kernels.Neural;

/// <summary>Which class is the code of which operator of Descriptors/Neural.cs.</summary>
internal static class NeuralKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
