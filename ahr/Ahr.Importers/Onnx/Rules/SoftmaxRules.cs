using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir.Graph;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Softmax, LogSoftmax and Hardmax before version 13: over all axes from one on, taken together.</summary>
internal static class SoftmaxRules
{
    public static void Register(RuleSet rules) =>
        rules.Before(13, ["Softmax", "LogSoftmax", "Hardmax"],
            "over all axes from one on: flattened, and reshaped again", OverTheRest);

    private static void OverTheRest(NodeDraft node)
    {
        NtirValue data = node.Required(0);
        long axis = node.TakeInt("axis", 1);
        if (axis == -1 || node.RankOf(data) == axis + 1)
        {
            node.Attributes["axis"] = -1; // one axis alone: nothing differs
            return;
        }

        NtirValue matrix = node.Emit("flatten", [data], KernelAttributes.Of(("axis", axis)));
        NtirValue made = node.Emit(node.Name, [matrix], KernelAttributes.Of(("axis", 1)));
        node.Give(node.Emit(
            "reshape", [made, node.ShapeOf(data)], KernelAttributes.Of(("allowzero", 1))));
    }
}
