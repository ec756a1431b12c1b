namespace Nbc.Kernels.Training;

/// <summary>Which class is the code of which operator of Descriptors/Training.cs.</summary>
internal static class TrainingKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
