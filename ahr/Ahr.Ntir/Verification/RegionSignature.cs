using Ahr.Ntir.Graph;
using Ahr.Ntir.Ops;

namespace Ahr.Ntir.Verification;

/// <summary>How many parameters and results the bodies of control flow have.</summary>
internal static class RegionSignature
{
    /// <summary>What is wrong with the bodies of an operation; null when nothing is.</summary>
    public static string? Fault(NtirOp op)
    {
        switch (op.Name)
        {
            case StructuralOps.If:
                return Fault(op, 0, 0, op.Results.Count) ?? Fault(op, 1, 0, op.Results.Count);
            case StructuralOps.Loop:
                int carried = op.Operands.Count - 2;
                return carried < 0
                    ? "a loop has a trip count and a condition, which may be absent, before what it carries"
                    : op.Results.Count < carried
                        ? $"a loop that carries {carried} values has {op.Results.Count} results"
                        : Fault(op, 0, carried + 2, op.Results.Count + 1);
            case StructuralOps.Scan:
                long scanned = op.Attributes.Int("num_scan_inputs");
                return scanned < 1 || scanned > op.Operands.Count
                    ? $"num_scan_inputs is {scanned} with {op.Operands.Count} operands"
                    : op.Results.Count < op.Operands.Count - scanned
                        ? $"a scan with {op.Operands.Count - scanned} states has {op.Results.Count} results"
                        : Fault(op, 0, op.Operands.Count, op.Results.Count) ?? Lists(op, scanned);
            case StructuralOps.SequenceMap:
                return Fault(op, 0, op.Operands.Count, op.Results.Count);
            default:
                return null;
        }
    }

    private static string? Lists(NtirOp op, long scanned)
    {
        long states = op.Operands.Count - scanned;
        return List(op, "scan_input_axes", scanned) ?? List(op, "scan_input_directions", scanned)
            ?? List(op, "scan_output_axes", op.Results.Count - states)
            ?? List(op, "scan_output_directions", op.Results.Count - states);
    }

    private static string? List(NtirOp op, string name, long length) =>
        op.Attributes.Ints(name) is { } list && list.Length != length
            ? $"{name} has {list.Length} entries, not {length}"
            : null;

    private static string? Fault(NtirOp op, int region, int parameters, int results)
    {
        NtirRegion body = op.Regions[region];
        return body.Parameters.Count != parameters
            ? $"body {region} of {op.Name} has {body.Parameters.Count} parameters, not {parameters}"
            : body.Results.Count != results
                ? $"body {region} of {op.Name} has {body.Results.Count} results, not {results}"
                : null;
    }
}
