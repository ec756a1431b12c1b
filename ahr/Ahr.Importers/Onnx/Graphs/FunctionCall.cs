using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Puts the body of a function of the model's own in the place of a call.</summary>
/// <remarks>Meaning: in its place rather than as a function of NTIR, since each call may have other types and
/// attributes. Bound: the nodes that come to be count towards the bound of the import.</remarks>
internal static class FunctionCall
{
    public static IReadOnlyList<NtirValue?> Import(
        GraphImport graph, NodeProto node, FunctionProto function, string path)
    {
        if (node.Input.Count > function.Input.Count || node.Output.Count > function.Output.Count)
        {
            throw new ImportException(NtirFault.WrongCall, $"function {SafeText.Of(function.Name)} has " +
                $"{function.Input.Count} inputs and {function.Output.Count} outputs, the call " +
                $"{node.Input.Count} and {node.Output.Count}");
        }

        CallFrame frame = Frame(graph, node, function);
        if (frame.IsRecursive())
        {
            throw new ImportException(NtirFault.WrongCall, $"function {SafeText.Of(function.Name)} calls itself");
        }

        ImportReport.Count(
            graph.Model.Report.Functions, $"{OnnxNames.Domain(function.Domain)}.{SafeText.Of(function.Name)}");
        GraphImport body = graph.Called(graph.Sets.With(function), path, frame);
        body.AddStatedTypes(function.ValueInfo);
        HashSet<string> absent = new(StringComparer.Ordinal);
        for (int i = 0; i < function.Input.Count; i++)
        {
            string operand = i < node.Input.Count ? node.Input[i] : "";
            if (operand.Length == 0)
            {
                absent.Add(function.Input[i]);
            }
            else
            {
                body.Scope.Declare(function.Input[i], graph.Find(operand));
            }
        }

        body.ImportNodes(
            absent.Count == 0 ? function.Node : [.. function.Node.Select(inner => Without(inner, absent))],
            function.Output);
        NtirValue?[] results =
            [.. node.Output.Select((name, i) => name.Length > 0 ? body.Find(function.Output[i]) : null)];
        HashSet<NtirValue> given = [.. node.Input.Where(name => name.Length > 0).Select(graph.Find)];
        foreach (NtirValue made in results.OfType<NtirValue>().Where(value => !given.Contains(value)))
        {
            made.Name = null; // it is known outside by the name that the call gives it
        }

        return results;
    }

    private static CallFrame Frame(GraphImport graph, NodeProto node, FunctionProto function)
    {
        CallFrame frame = new(function, graph.Frame);
        foreach (AttributeProto byDefault in function.AttributeProto)
        {
            frame.Set(byDefault.Name, byDefault);
        }

        foreach (AttributeProto written in node.Attribute)
        {
            if (!function.Attribute.Contains(written.Name)
                && !function.AttributeProto.Any(known => known.Name == written.Name))
            {
                throw new ImportException(NtirFault.WrongAttribute,
                    $"function {SafeText.Of(function.Name)} has no attribute {SafeText.Of(written.Name)}");
            }

            if (FreeNames.GraphsOf(written).Any())
            {
                throw new ImportException(NtirFault.WrongAttribute,
                    $"attribute {SafeText.Of(written.Name)} is a graph, which no function takes");
            }

            if (NodeImport.Resolve(graph.Frame, written) is { } value)
            {
                frame.Set(written.Name, value);
            }
        }

        return frame;
    }

    // An operand that the call does not give is absent inside too.
    private static NodeProto Without(NodeProto node, HashSet<string> absent)
    {
        if (!node.Input.Any(absent.Contains))
        {
            return node;
        }

        NodeProto copy = node.Clone();
        for (int i = 0; i < copy.Input.Count; i++)
        {
            if (absent.Contains(copy.Input[i]))
            {
                copy.Input[i] = "";
            }
        }

        return copy;
    }
}
