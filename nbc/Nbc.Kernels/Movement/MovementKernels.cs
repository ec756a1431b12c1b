namespace Nbc.Kernels.Movement;

/// <summary>Which class is the code of which operator of Descriptors/Movement.cs.</summary>
internal static class MovementKernels
{
    public static void Register(IDictionary<string, KernelFactory> kernels)
    {
    }
}
