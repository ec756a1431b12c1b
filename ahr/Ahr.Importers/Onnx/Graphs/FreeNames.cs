using Ahr.Importers.Onnx.Proto;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Names that nodes take from outside: what they read, and what their bodies read of the graph around.
/// </summary>
internal static class FreeNames
{
    public static IEnumerable<string> Of(NodeProto node)
    {
        IEnumerable<string> own = node.Input.Where(name => name.Length > 0);
        return node.Attribute.Count == 0 ? own : own.Concat(node.Attribute.SelectMany(GraphsOf).SelectMany(Of));
    }

    public static IEnumerable<GraphProto> GraphsOf(AttributeProto attribute) =>
        attribute.G is { } graph ? attribute.Graphs.Prepend(graph) : attribute.Graphs;

    private static IEnumerable<string> Of(GraphProto graph)
    {
        HashSet<string> made = new(StringComparer.Ordinal);
        made.UnionWith(graph.Input.Select(input => input.Name));
        made.UnionWith(graph.Initializer.Select(tensor => tensor.Name));
        made.UnionWith(graph.SparseInitializer.Select(tensor => tensor.Values?.Name ?? ""));
        made.UnionWith(graph.Node.SelectMany(node => node.Output));
        return graph.Node.SelectMany(Of)
            .Concat(graph.Output.Select(output => output.Name))
            .Where(name => !made.Contains(name))
            .Distinct(StringComparer.Ordinal)
            .ToArray();
    }
}
