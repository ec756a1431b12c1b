using Ahr.Backends.Bytecode;
using Ahr.Importers;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Instructions;
using Nbc.Values;

namespace Ahr.Backends.Inspection;

/// <summary>An input or output of a model.</summary>
/// <param name="Type">As people read it: <c>f32 [batch, 3, 224, 224]</c>.</param>
public sealed record PortSummary(string Name, string Type);

/// <summary>All operations of one kind.</summary>
/// <param name="Flops">Additions and multiplications of one run; see <see cref="ModelSummary.IsPartial"/>.</param>
public sealed record OpSummary(string Name, int Count, double Flops);

/// <summary>What a model is made of, and what it needs.</summary>
/// <param name="Report">What the import did.</param>
/// <param name="Ops">After optimisation, those that need most first.</param>
/// <param name="Parameters">Numbers in the weights, as the file has them.</param>
/// <param name="WeightBytes">Unit: bytes that they take in memory.</param>
/// <param name="ArenaBytes">Unit: bytes planned for what a run computes; what has no known size is not in it.</param>
/// <param name="IsPartial">Some sizes are not known before a run: each of them counts as 1 in the operations.</param>
public sealed record ModelSummary(
    ImportReport Report,
    IReadOnlyList<PortSummary> Inputs,
    IReadOnlyList<PortSummary> Outputs,
    IReadOnlyList<OpSummary> Ops,
    long Parameters,
    long WeightBytes,
    long ArenaBytes,
    bool IsPartial)
{
    public double Flops => Ops.Sum(op => op.Flops);

    /// <exception cref="BackendException">The model cannot be read, or is refused.</exception>
    public static ModelSummary Read(string path)
    {
        (NtirModule module, ImportReport report) = NbcCompilation.Import(path, allowFallback: true);
        (long parameters, long weightBytes) = CountWeights(module);
        NbcProgram program = NbcCompilation.Compile(module, Path.GetFileName(path));
        NtirRegion body = module.Main.Body;
        NtirOp[] ops = [.. body.AllOps().Where(op => op.Name != NtirOp.ConstantName)];
        return new ModelSummary(
            report,
            [.. body.Parameters.Select(parameter => new PortSummary(parameter.Name ?? "", TextOf(parameter.Type)))],
            [.. program.Outputs.Select((port, i) => new PortSummary(port.Name, TextOf(body.Results[i].Type)))],
            [.. ops.GroupBy(op => op.Name, StringComparer.Ordinal)
                .Select(group => new OpSummary(group.Key, group.Count(), group.Sum(OperationCost.Of)))
                .OrderByDescending(op => op.Flops).ThenByDescending(op => op.Count)
                .ThenBy(op => op.Name, StringComparer.Ordinal)],
            parameters,
            weightBytes,
            program.Functions.Sum(function => function.ArenaBytes),
            ops.Any(op => OperationCost.Of(op) > 0 && OperationCost.IsPartial(op)));
    }

    private static (long Parameters, long Bytes) CountWeights(NtirModule module)
    {
        (long parameters, long bytes) = (0, 0);
        HashSet<TensorValue> seen = new(ReferenceEqualityComparer.Instance);
        foreach (NtirOp op in module.Functions.SelectMany(function => function.Body.AllOps()))
        {
            if (op.Name == NtirOp.ConstantName && op.Attributes.Tensor("value") is { } value && seen.Add(value))
            {
                parameters += value.Count;
                bytes += value.ByteCount;
            }
        }

        return (parameters, bytes);
    }

    private static string TextOf(NtirType type) => type is TensorType { Shape: { } shape } tensor
        ? $"{Nbc.Tensors.ElementTypes.TextOf(tensor.Element)} {shape}"
        : $"{type}";
}
