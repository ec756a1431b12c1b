namespace Nbc.Kernels.MachineLearning;

/// <summary>Which class is the code of which operator of Descriptors/MachineLearning.cs.</summary>
internal static class MachineLearningKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
