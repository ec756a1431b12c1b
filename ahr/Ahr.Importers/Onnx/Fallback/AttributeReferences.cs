using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Proto;

namespace Ahr.Importers.Onnx.Fallback;

/// <summary>Puts the attributes of a call into the nodes of the function: outside of it they mean nothing.</summary>
internal static class AttributeReferences
{
    public static NodeProto Resolve(NodeProto node, CallFrame? frame)
    {
        if (frame is null)
        {
            return node;
        }

        NodeProto copy = node.Clone();
        Replace(copy, frame);
        return copy;
    }

    private static void Replace(NodeProto node, CallFrame frame)
    {
        AttributeProto[] written = [.. node.Attribute];
        node.Attribute.Clear();
        foreach (AttributeProto attribute in written)
        {
            if (NodeImport.Resolve(frame, attribute)?.Clone() is { } value)
            {
                value.Name = attribute.Name;
                node.Attribute.Add(value);
                foreach (NodeProto inner in FreeNames.GraphsOf(value).SelectMany(graph => graph.Node))
                {
                    Replace(inner, frame);
                }
            }
        }
    }
}
