using System.Globalization;
using System.Text;
using Ahr.Ntir.Ops;

namespace Ahr.Importers.Onnx.Ops;

/// <summary>What this program does with each operator of ONNX, as a page for people: <c>docs/onnx.md</c>.</summary>
internal static class OperatorTable
{
    private static readonly (string Domain, string Title)[] s_domains =
    [
        (OnnxNames.Standard, $"ai.onnx, versions 1 to {OpsetTable.NewestStandard}"),
        (OnnxNames.MachineLearning, $"ai.onnx.ml, versions 1 to {OpsetTable.NewestMachineLearning}"),
        (OnnxNames.Microsoft, "com.microsoft, version 1"),
        (OnnxNames.PreviewTraining, "ai.onnx.preview.training, version 1"),
    ];

    private const string Head = """
        # ONNX operators

        Which operators of ONNX Noodle takes, in which versions, and how. This page is made from the importer's own
        tables; a test compares the two.

        - **Versions** are those in which the operator came or changed. A model of any operator set from the first of
          them on is taken; what differed in older ones is brought into the newest form, as the last column says.
        - **In NTIR** is the operation that a node becomes. Its kernel takes every element type that the newest version
          of the operator allows. *Composed*: there is no operation of this name, the node becomes others.
        - **No kernel**: with `--backend auto` such nodes, and whatever lies between two of them, go to ONNX Runtime as
          a part of the model, and `noodle import --explain` says which. Without that they are refused by name.
          Operators for training go nowhere: they are refused.
        - A model of a newer operator set than the newest named here is refused by name: what it means is not known.
        - Functions that a model defines itself are put in the place of their calls. `SimplifiedLayerNormalization`, and
          `LayerNormalization` before version 17, are ONNX Runtime's own operators, which it writes into ai.onnx.

        """;

    public static string Write(Func<string, OpDefinition?> findOperation)
    {
        StringBuilder page = new(Head);
        foreach ((string domain, string title) in s_domains)
        {
            OnnxOp[] ops = [.. OnnxOps.All.Where(op => op.Domain == domain)];
            int run = ops.Count(op => IsRun(op, findOperation));
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{run} of {ops.Length} operators run.\n\n");
            page.Append("| operator | versions | in NTIR | older versions and forms |\n|---|---|---|---|\n");
            foreach (OnnxOp op in ops)
            {
                page.Append(Row(op, findOperation));
            }
        }

        return page.ToString();
    }

    private static bool IsRun(OnnxOp op, Func<string, OpDefinition?> findOperation) =>
        op.IsComposed || findOperation(op.NtirName) is not null;

    private static string Row(OnnxOp op, Func<string, OpDefinition?> findOperation)
    {
        string ntir = op.IsComposed ? "composed" : IsRun(op, findOperation) ? $"`{op.NtirName}`" : "no kernel";
        IEnumerable<string> steps = op.Steps.Select(step =>
            step.Before == VersionStep.Every ? step.How : $"before {step.Before}: {step.How}");
        return $"| {op.Name} | {string.Join(", ", op.Since)} | {ntir} | {string.Join("; ", steps)} |\n";
    }
}
