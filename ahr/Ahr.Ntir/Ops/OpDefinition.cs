using Ahr.Ntir.Inference;
using Nbc.Kernels;

namespace Ahr.Ntir.Ops;

/// <summary>One operation of NTIR: operands, attributes and traits, its regions, and its rule of inference.</summary>
/// <param name="Descriptor">Operands, results and attributes. For an operation that runs as a kernel it is the
/// kernel's own; NTIR's structural operations have one that no kernel has.</param>
/// <param name="Infer">Null when nothing can be said of its results.</param>
/// <param name="Regions">Bodies that it has.</param>
/// <param name="IsStructural">True when the lowering takes it apart and no kernel runs it.</param>
public sealed record OpDefinition(
    KernelDescriptor Descriptor, InferRule? Infer, int Regions = 0, bool IsStructural = false)
{
    public string Name => Descriptor.Name;
}
