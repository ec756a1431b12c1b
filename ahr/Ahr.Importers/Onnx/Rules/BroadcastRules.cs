using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Before version 7 operators of two operands did not broadcast by themselves: an attribute said so, and
/// another on which axis the second operand lies.</summary>
internal static class BroadcastRules
{
    private static readonly string[] s_binary =
        ["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less"];

    // Version 1 let a node say which operands it may write over; no version after it does.
    private static readonly string[] s_consuming =
    [
        "Abs", "Add", "BatchNormalization", "Ceil", "Clip", "Div", "Dropout", "Elu", "Exp", "Floor", "HardSigmoid",
        "InstanceNormalization", "LeakyRelu", "Log", "Max", "Mean", "Min", "Mul", "Neg", "PRelu", "Reciprocal", "Relu",
        "Selu", "Sigmoid", "Sqrt", "Sub", "Sum", "Tanh",
    ];

    public static void Register(RuleSet rules)
    {
        rules.Before(6, s_consuming, "consumed_inputs is left out", node => node.TakeInts("consumed_inputs"));
        rules.Before(7, s_binary, "operand 1 is given the axes that axis and broadcast mean", AlignSecond);
        rules.Before(7, "PRelu", "the slope of a channel is laid on axis 1", AlignSlope);
        rules.Before(7, "Gemm", "broadcast is left out", node => node.TakeInt("broadcast", 0));
    }

    private static void AlignSecond(NodeDraft node)
    {
        bool isBroadcast = node.TakeInt("broadcast", 0) != 0;
        bool hasAxis = node.Attributes.ContainsKey("axis");
        long axis = node.TakeInt("axis", 0);
        if (!isBroadcast || !hasAxis)
        {
            return; // sizes are equal, or are aligned at the end as they are now
        }

        NtirValue first = node.Required(0);
        NtirValue second = node.Required(1);
        if (node.RankOf(first) is { } rank && node.RankOf(second) is { } inner)
        {
            long trailing = rank - inner - (axis < 0 ? axis + rank : axis);
            if (trailing < 0)
            {
                throw new ImportException(
                    NtirFault.WrongAttribute, $"operand 1 of rank {inner} does not lie on axis {axis} of rank {rank}");
            }

            long[] axes = [.. Enumerable.Range(inner, (int)trailing).Select(i => (long)i)];
            node.Operands[1] = axes.Length == 0 ? second : node.Emit("unsqueeze", second, node.Numbers(axes));
            return;
        }

        // trailing ones = rank(first) - axis - rank(second), or less the negative axis alone
        NtirValue behind = axis < 0
            ? node.Numbers(-axis)
            : node.Emit("sub", RankValue(node, first), node.Numbers(axis));
        NtirValue trailingOnes = Ones(node, node.Emit("sub", behind, RankValue(node, second)));
        node.Operands[1] = node.Emit("reshape", second, Join(node, node.ShapeOf(second), trailingOnes));
    }

    // One slope a channel: it lies on axis 1, whatever the rank of the operand.
    private static void AlignSlope(NodeDraft node)
    {
        NtirValue slope = node.Required(1);
        NtirValue behind = node.Emit("sub", RankValue(node, node.Required(0)), node.Numbers(2));
        NtirValue ones = Ones(node, node.Emit("max", behind, node.Numbers(0)));
        node.Operands[1] = node.Emit("reshape", slope, Join(node, node.Numbers(-1), ones));
    }

    /// <summary>The rank of a value as int64 [1].</summary>
    public static NtirValue RankValue(NodeDraft node, NtirValue value) =>
        node.RankOf(value) is { } rank ? node.Numbers(rank) : node.ShapeOf(node.ShapeOf(value));

    /// <summary>As many ones as a value of int64 [1] says.</summary>
    public static NtirValue Ones(NodeDraft node, NtirValue count) => node.Emit(
        "constant_of_shape",
        [count],
        KernelAttributes.Of(("value", TensorValue.From<long>(ElementType.Int64, [1], 1))));

    /// <summary>Lists of sizes, one behind the other.</summary>
    public static NtirValue Join(NodeDraft node, params NtirValue[] lists) =>
        node.Emit("concat", lists, KernelAttributes.Of(("axis", 0)));
}
