using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Rules;
using Ahr.Ntir;

namespace Ahr.Importers.Onnx.Ops;

/// <summary>All operators of ONNX that this program knows by name.</summary>
internal static class OnnxOps
{
    private static readonly SortedDictionary<string, int> s_newest = new(StringComparer.Ordinal)
    {
        [OnnxNames.Standard] = OpsetTable.NewestStandard,
        [OnnxNames.MachineLearning] = OpsetTable.NewestMachineLearning,
        [OnnxNames.Microsoft] = 1,
        [OnnxNames.PreviewTraining] = 1,
    };

    private static readonly Dictionary<(string Domain, string Name), OnnxOp> s_ops = Build();

    public static IEnumerable<OnnxOp> All =>
        s_ops.Values.OrderBy(op => op.Domain, StringComparer.Ordinal).ThenBy(op => op.Name, StringComparer.Ordinal);

    public static OnnxOp? Find(string domain, string name) => s_ops.GetValueOrDefault((domain, name));

    /// <summary>The newest version of a domain that is known; null when the domain is not.</summary>
    public static int? NewestOf(string domain) => s_newest.TryGetValue(domain, out int newest) ? newest : null;

    /// <summary>The operator of a node and the version of it that the model asks for.</summary>
    /// <exception cref="ImportException">This program does not run it.</exception>
    public static (OnnxOp Op, int Version) Resolve(GraphImport graph, NodeProto node)
    {
        string domain = OnnxNames.Domain(node.Domain);
        long opset = graph.Sets.VersionOf(domain) ?? throw new ImportException(
            NtirFault.Malformed, $"the model does not say which version of {SafeText.Of(domain)} it is written in");
        string name = $"{SafeText.Of(domain)}.{SafeText.Of(node.OpType)} version {opset}";
        if (opset > NewestOf(domain))
        {
            throw Refuse($"{name} is newer than version {NewestOf(domain)}, the newest that is known");
        }

        OnnxOp? op = Find(domain, node.OpType);
        if (op is null)
        {
            throw Refuse($"{name} is no operator that this program knows");
        }

        if (op.VersionIn(opset) is not { } version)
        {
            throw Refuse($"{name} does not exist: the operator came with version {op.Since[0]}");
        }

        if (!op.IsComposed && graph.Model.Options.FindOperation(op.NtirName) is null)
        {
            throw Refuse($"{name} has no kernel in this program");
        }

        return op.Refuses?.Invoke(node, version) is { } why ? throw Refuse($"{name}: {why}") : (op, version);
    }

    private static ImportException Refuse(string why) => new(NtirFault.UnknownOperation, why);

    private static Dictionary<(string Domain, string Name), OnnxOp> Build()
    {
        Dictionary<(string Domain, string Name), OnnxOp> ops = [];
        foreach (OnnxOp op in OpsetTable.Read())
        {
            ops.Add((op.Domain, op.Name), op);
        }

        RuleSet rules = new(ops);
        ControlFlowRules.Register(rules);
        ConstantRules.Register(rules);
        BroadcastRules.Register(rules);
        AxesRules.Register(rules);
        ShapeChangeRules.Register(rules);
        ResizeRules.Register(rules);
        SoftmaxRules.Register(rules);
        NeuralRules.Register(rules);
        ElementwiseRules.Register(rules);
        ExperimentalRules.Register(rules);
        LabelEncoderRules.Register(rules);
        MicrosoftRules.Register(rules);
        rules.Sort();
        return ops;
    }
}
