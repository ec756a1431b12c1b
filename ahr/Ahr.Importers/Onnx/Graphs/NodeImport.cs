using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Imports one node: finds its operator, brings it to the newest version, and names its results.</summary>
internal static class NodeImport
{
    /// <summary>Imports it, or adds to the diagnostics why not; its results are there in any case.</summary>
    public static void Import(GraphImport graph, NodeProto node)
    {
        string path = PathOf(graph, node);
        IReadOnlyList<NtirValue?> results = [];
        try
        {
            graph.Model.CountNode();
            results = Make(graph, node, path);
        }
        catch (ImportException refused)
        {
            graph.Model.Add(refused, path);
        }
        catch (KernelException refused)
        {
            graph.Model.Add(new ImportException(NtirFault.WrongAttribute, refused.Message), path);
        }

        Name(graph, node, results, path);
    }

    /// <summary>Where the node is, for people: its name, or what it makes.</summary>
    public static string PathOf(GraphImport graph, NodeProto node)
    {
        string name = node.Name.Trim('/');
        if (name.Length == 0)
        {
            name = $"{node.OpType}({node.Output.FirstOrDefault("")})";
        }

        return graph.Path + SafeText.Of(name);
    }

    /// <summary>Stands for a value that could not be made; the module is not given to anybody then.</summary>
    public static NtirValue Nothing() => new NtirOp(NtirOp.ConstantName, [], [NtirType.Unknown]).Result;

    private static IReadOnlyList<NtirValue?> Make(GraphImport graph, NodeProto node, string path)
    {
        string domain = OnnxNames.Domain(node.Domain);
        if (graph.Model.Functions.TryGetValue((domain, node.OpType, node.Overload), out FunctionProto? function))
        {
            return FunctionCall.Import(graph, node, function, path);
        }

        (OnnxOp op, int version) = OnnxOps.Resolve(graph, node);
        ImportReport.Count(graph.Model.Report.Operators, $"{domain}.{SafeText.Of(node.OpType)} version {version}");
        NodeDraft draft = new(graph, op, version, new SourceLocation(path, $"{domain}.{node.OpType}"))
        {
            ResultNames = [.. node.Output.Take(node.Output.ToList().FindLastIndex(name => name.Length > 0) + 1)],
        };
        draft.Operands.AddRange(node.Input.Select(name => name.Length > 0 ? graph.Find(name) : null));
        ReadAttributes(graph, node, draft);
        foreach (VersionStep step in op.Steps)
        {
            if (version < step.Before && draft.Results is null)
            {
                step.Rule(draft);
            }
        }

        return draft.Results ?? draft.EmitSelf().Results;
    }

    private static void ReadAttributes(GraphImport graph, NodeProto node, NodeDraft draft)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (AttributeProto written in node.Attribute)
        {
            if (!seen.Add(written.Name))
            {
                throw new ImportException(
                    NtirFault.WrongAttribute, $"attribute {SafeText.Of(written.Name)} is given twice");
            }

            if (Resolve(graph.Frame, written) is not { } attribute)
            {
                continue;
            }

            switch (AttributeReader.KindOf(attribute))
            {
                case OnnxAttributeKind.Graph when attribute.G is { } body:
                    draft.Bodies.Add(written.Name, body);
                    break;
                case OnnxAttributeKind.Type:
                    draft.Types.Add(written.Name, TypeReader.Read(attribute.Tp));
                    break;
                default:
                    draft.Attributes.Add(
                        written.Name, AttributeReader.Read(attribute, graph.Model.External, graph.Model.Sparse));
                    break;
            }
        }
    }

    /// <summary>What an attribute stands for: itself, or an attribute of the call; null when that is not given.
    /// </summary>
    public static AttributeProto? Resolve(CallFrame? frame, AttributeProto written)
    {
        if (written.RefAttrName.Length == 0)
        {
            return written;
        }

        return frame is null
            ? throw new ImportException(NtirFault.WrongAttribute,
                $"attribute {SafeText.Of(written.Name)} stands for one of a call, but this is no function")
            : frame.Find(written.RefAttrName);
    }

    private static void Name(GraphImport graph, NodeProto node, IReadOnlyList<NtirValue?> results, string path)
    {
        for (int i = 0; i < node.Output.Count; i++)
        {
            string name = node.Output[i];
            if (name.Length == 0)
            {
                continue;
            }

            NtirValue value = (i < results.Count ? results[i] : null)
                ?? Nothing(); // its node was refused
            value.Name ??= name;
            try
            {
                graph.Scope.Declare(name, value);
            }
            catch (ImportException refused)
            {
                graph.Model.Add(refused, path);
            }
        }
    }
}
