using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>If, Loop, Scan and SequenceMap: nodes with bodies.</summary>
internal static class ControlFlowRules
{
    private const int SequenceLengths = 0;

    public static void Register(RuleSet rules)
    {
        rules.Always("If", "the branches become regions", If);
        rules.Always("Loop", "the body becomes a region", Loop);
        rules.Before(9, "Scan", "a scan over the batch around a scan over the sequence; without sequence lengths",
            BatchedScan);
        rules.Always("Scan", "the body becomes a region", Scan);
        rules.Always("SequenceMap", "the body becomes a region", Scan);
        rules.Refuse("Scan", (node, version) => version == 8 && node.Input is [{ Length: > 0 }, ..]
            ? "sequence lengths are not supported"
            : null);
    }

    private static void If(NodeDraft node)
    {
        GraphProto then = node.TakeBody("then_branch");
        GraphProto otherwise = node.TakeBody("else_branch");
        NtirOp made = node.EmitSelf(then.Output.Count);
        AddBody(node, made, then, "then", 0, then.Output.Count);
        AddBody(node, made, otherwise, "else", 0, then.Output.Count);
        node.Give(made.Results);
    }

    private static void Loop(NodeDraft node)
    {
        GraphProto body = node.TakeBody("body");
        if (body.Output.Count == 0)
        {
            throw new ImportException(NtirFault.WrongRegion, "its body has no output, the condition is missing");
        }

        int carried = Math.Max(node.Operands.Count - 2, 0);
        for (int i = 0; i < carried; i++)
        {
            node.Required(i + 2);
        }

        NtirOp made = node.EmitSelf(body.Output.Count - 1);
        AddBody(node, made, body, "body", carried + 2, body.Output.Count);
        node.Give(made.Results);
    }

    private static void Scan(NodeDraft node)
    {
        GraphProto body = node.TakeBody("body");
        NtirOp made = node.EmitSelf(body.Output.Count);
        AddBody(node, made, body, "body", node.Operands.Count, body.Output.Count);
        node.Give(made.Results);
    }

    // Version 8 has a batch dimension in front of everything: a scan over the batch around a scan over the sequence.
    private static void BatchedScan(NodeDraft node)
    {
        GraphProto body = node.TakeBody("body");
        long scanned = node.TakeInt("num_scan_inputs", 0);
        long[] directions = node.TakeInts("directions") ?? new long[Math.Max(scanned, 0)];
        List<NtirValue?> operands = node.Operands[(SequenceLengths + 1)..];
        int results = Math.Max(body.Output.Count, node.ResultNames.Count);
        if (scanned < 1 || scanned > operands.Count)
        {
            throw new ImportException(NtirFault.WrongAttribute, $"{scanned} of {operands.Count} operands are scanned");
        }

        NtirOp outer = node.EmitOp("scan", operands, results,
            KernelAttributes.Of(("num_scan_inputs", operands.Count)));
        NtirRegion batch = outer.AddRegion();
        NtirValue[] items = [.. operands.Select(_ => batch.AddParameter(NtirType.Unknown))];
        GraphImport inside = node.Graph.Inner(batch, node.Location.Path);
        NtirOp inner = new("scan", items, Enumerable.Repeat(NtirType.Unknown, results),
            KernelAttributes.Of(("num_scan_inputs", scanned), ("scan_input_directions", directions)), node.Location);
        batch.Add(inner);
        AddBody(inside, inner, body, node.Location.Path, operands.Count, results);
        foreach (NtirValue result in inner.Results)
        {
            batch.AddResult(result);
        }

        node.Give(outer.Results);
    }

    private static void AddBody(
        NodeDraft node, NtirOp owner, GraphProto body, string name, int inputs, int outputs) =>
        AddBody(node.Graph, owner, body, $"{node.Location.Path}/{name}", inputs, outputs);

    private static void AddBody(
        GraphImport around, NtirOp owner, GraphProto body, string path, int inputs, int outputs)
    {
        if (body.Input.Count != inputs || body.Output.Count != outputs)
        {
            throw new ImportException(NtirFault.WrongRegion, $"its body has {body.Input.Count} inputs and " +
                $"{body.Output.Count} outputs, {inputs} and {outputs} are needed");
        }

        around.Inner(owner.AddRegion(), path).Import(body);
    }
}
