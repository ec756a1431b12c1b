using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Compares an operation with its definition.</summary>
internal static class OpCheck
{
    /// <exception cref="ImportException">It differs, or there is no definition.</exception>
    public static void Check(NtirOp op, OpDefinition? definition)
    {
        if (definition is null)
        {
            throw new ImportException(
                NtirFault.UnknownOperation, $"it needs '{op.Name}', which this program does not run");
        }

        KernelDescriptor descriptor = definition.Descriptor;
        CheckOperands(op, descriptor);
        if (op.Results.Count > descriptor.MaxOutputs)
        {
            throw new ImportException(
                NtirFault.WrongCount, $"it has {op.Results.Count} results, {descriptor.MaxOutputs} are the most");
        }

        foreach ((string name, AttributeValue value) in op.Attributes.All)
        {
            CheckAttribute(name, value, descriptor.FindAttribute(name));
        }

        foreach (AttributeSpec spec in descriptor.Attributes)
        {
            if (spec.IsRequired && !op.Attributes.Has(spec.Name))
            {
                throw new ImportException(NtirFault.WrongAttribute, $"attribute {spec.Name} is missing");
            }
        }
    }

    private static void CheckOperands(NtirOp op, KernelDescriptor descriptor)
    {
        if (op.Operands.Count > descriptor.MaxInputs)
        {
            throw new ImportException(
                NtirFault.WrongCount, $"it has {op.Operands.Count} operands, {descriptor.MaxInputs} are the most");
        }

        for (int i = 0; i < descriptor.MinInputs; i++)
        {
            if (op.Operand(i) is null)
            {
                throw new ImportException(
                    NtirFault.WrongCount, $"operand {i} ('{descriptor.Inputs[i]}') is not given");
            }
        }
    }

    private static void CheckAttribute(string name, AttributeValue value, AttributeSpec? spec)
    {
        if (spec is null)
        {
            throw new ImportException( // what it asks for is newer than this program, or another's
                NtirFault.UnknownOperation, $"it has an attribute {SafeText.Of(name)}, which is not known");
        }

        if (spec.Kind != value.Kind)
        {
            throw new ImportException(NtirFault.WrongAttribute, $"attribute {name} is {value.Kind}, not {spec.Kind}");
        }
    }
}
