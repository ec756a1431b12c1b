namespace Nbc.Kernels;

/// <summary>Makes the code of an operation from its name and attributes.</summary>
public delegate Kernel KernelFactory(KernelAttributes attributes);

/// <summary>The code of every operator in <see cref="KernelTable"/>.</summary>
public static class KernelRegistry
{
    private static readonly SortedDictionary<string, KernelFactory> s_factories = Build();

    /// <summary>Names that have code, in ordinal order.</summary>
    public static IEnumerable<string> Names => s_factories.Keys;

    public static bool Has(string name) => s_factories.ContainsKey(name);

    /// <exception cref="KernelException">No such operator, or an attribute that its kernel refuses.</exception>
    public static Kernel Create(string name, KernelAttributes attributes) =>
        s_factories.TryGetValue(name, out KernelFactory? factory)
            ? factory(attributes)
            : throw new KernelException(KernelFault.Unsupported, $"there is no kernel {name}");

    private static SortedDictionary<string, KernelFactory> Build()
    {
        SortedDictionary<string, KernelFactory> factories = new(StringComparer.Ordinal);
        Action<IDictionary<string, KernelFactory>>[] groups =
        [
            Elementwise.ElementwiseKernels.Register,
            Reduction.ReductionKernels.Register,
            Movement.MovementKernels.Register,
            Making.MakingKernels.Register,
            Neural.NeuralKernels.Register,
            Signal.SignalKernels.Register,
            Quantised.QuantisedKernels.Register,
            MachineLearning.MachineLearningKernels.Register,
            Microsoft.MicrosoftKernels.Register,
            Training.TrainingKernels.Register,
            Control.ControlKernels.Register,
        ];
        foreach (Action<IDictionary<string, KernelFactory>> register in groups)
        {
            register(factories);
        }

        return factories;
    }
}
