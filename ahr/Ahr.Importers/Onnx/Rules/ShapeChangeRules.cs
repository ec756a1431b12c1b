using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Reshape, Tile, Pad and Scatter before their operands were what they are now.</summary>
internal static class ShapeChangeRules
{
    public static void Register(RuleSet rules)
    {
        rules.Before(5, "Reshape", "shape becomes an operand", Reshape);
        rules.Before(6, "Tile", "the count of one axis becomes a list for all", Tile);
        rules.Before(2, "Pad", "paddings is named pads", node => Rename(node, "paddings", "pads"));
        rules.Before(11, "Pad", "pads and value become operands", Pad);
        rules.Becomes("Scatter", "scatter_elements");
    }

    private static void Reshape(NodeDraft node)
    {
        node.TakeInts("consumed_inputs");
        node.SetOperand(1, node.Numbers(node.TakeInts("shape") ?? []));
    }

    // Version 1 repeats along one axis: ones for all axes, the count in the place of that one.
    private static void Tile(NodeDraft node)
    {
        NtirValue data = node.Required(0);
        NtirValue ones = BroadcastRules.Ones(node, BroadcastRules.RankValue(node, data));
        NtirValue repeats = node.Emit("scatter_elements", ones, Whole(node, 2), Whole(node, 1));
        node.Operands.Clear();
        node.Operands.AddRange([data, repeats]);
    }

    private static NtirValue Whole(NodeDraft node, int operand)
    {
        NtirValue number = node.Emit(
            "cast", [node.Required(operand)], KernelAttributes.Of(("to", (long)ElementType.Int64)));
        return node.Emit("reshape", number, node.Numbers(1));
    }

    private static void Pad(NodeDraft node)
    {
        node.SetOperand(1, node.Numbers(node.TakeInts("pads") ?? []));
        double value = node.TakeFloat("value", 0);
        if (value != 0)
        {
            node.SetOperand(2, node.FloatLike(value, node.Required(0)));
        }
    }

    private static void Rename(NodeDraft node, string from, string to)
    {
        if (node.Attributes.Remove(from, out AttributeValue? value))
        {
            node.Attributes[to] = value;
        }
    }
}
