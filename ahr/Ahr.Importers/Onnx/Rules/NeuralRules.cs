using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Normalisation, recurrence and pooling in their older forms.</summary>
internal static class NeuralRules
{
    private const int SavedMean = 3, Scores = 3;

    public static void Register(RuleSet rules)
    {
        rules.Before(7, "BatchNormalization", "is_test is left out", node => node.TakeInt("is_test", 0));
        rules.Before(9, "BatchNormalization", "when not spatial, made of arithmetic", NotSpatial);
        rules.Before(14, "BatchNormalization", "training_mode follows from the results", TrainingMode);
        rules.Refuse("BatchNormalization", (node, version) => version < 14 && HasSavedResults(node)
            ? "saved mean and variance are results for training only"
            : null);
        rules.Before(21, "GroupNormalization", "scale and bias of a group become those of its channels", ScaleByGroup);
        rules.Before(25, "Attention", "scores with the mask in the first numbering", FirstScores);
        rules.Before(7, ["RNN", "GRU", "LSTM"], "output_sequence is left out",
            node => node.TakeInt("output_sequence", 0));
        rules.Before(2, ["LpPool", "GlobalLpPool"], "p becomes a whole number", WholeNorm);
        rules.Becomes("SimplifiedLayerNormalization", "ms.simplified_layer_normalization");
    }

    private static bool HasSavedResults(NodeProto node) =>
        node.Output.Skip(SavedMean).Any(name => name.Length > 0);

    // Each element of a sample has a scale of its own: the operands broadcast from the second axis on.
    private static void NotSpatial(NodeDraft node)
    {
        if (node.TakeInt("spatial", 1) != 0)
        {
            return;
        }

        NtirValue data = node.Required(0);
        double epsilon = node.TakeFloat("epsilon", 1e-5);
        node.TakeFloat("momentum", 0);
        if (node.Wants(1))
        {
            throw new ImportException(
                NtirFault.UnknownOperation, "training of a batch normalisation that is not spatial is not supported");
        }

        NtirValue variance = node.Emit("add", node.Required(4), node.FloatLike(epsilon, node.Required(4)));
        NtirValue centred = node.Emit("sub", data, node.Required(3));
        NtirValue normal = node.Emit("div", centred, node.Emit("sqrt", variance));
        NtirValue scaled = node.Emit("mul", normal, node.Required(1));
        node.Give(node.Emit("add", scaled, node.Required(2)));
    }

    // That it trains followed from the number of results; now it is said.
    private static void TrainingMode(NodeDraft node)
    {
        if (node.Wants(1) || node.Wants(2))
        {
            node.Attributes["training_mode"] = 1;
            return;
        }

        node.Give(node.EmitSelf(1).Result);
    }

    // Version 18 has a scale and a bias for each group, newer ones for each channel.
    private static void ScaleByGroup(NodeDraft node)
    {
        long groups = node.Attributes.TryGetValue("num_groups", out AttributeValue? value)
            && value.Kind == AttributeKind.Int && value.Int > 0
            ? value.Int
            : throw new ImportException(NtirFault.WrongAttribute, "num_groups must be given and above 0");
        NtirValue channels = node.Emit("shape", [node.Required(0)], KernelAttributes.Of(("start", 1), ("end", 2)));
        NtirValue perGroup = node.Emit("div", channels, node.Numbers(groups));
        NtirValue sizes = BroadcastRules.Join(node, node.Numbers(groups), perGroup);
        for (int i = 1; i <= 2; i++)
        {
            NtirValue column = node.Emit("reshape", node.Required(i), node.Numbers(groups, 1));
            node.Operands[i] = node.Emit("reshape", node.Emit("expand", column, sizes), node.Numbers(-1));
        }
    }

    // ONNX 1.18 to 1.20 added the mask before the soft cap and numbered the scores 1 with the mask, 2 with both. Their
    // successors cap first, 1 with the cap, 2 with both, and kept the versions. Two askings make sense in the first
    // numbering alone: for 1 without a cap, which is now what 0 is, and for 2 with a cap, in which the cap is last.
    private static void FirstScores(NodeDraft node)
    {
        long mode = node.Attributes.TryGetValue("qk_matmul_output_mode", out AttributeValue? number)
            && number.Kind == AttributeKind.Int ? number.Int : 0;
        bool isCapped = node.Attributes.TryGetValue("softcap", out AttributeValue? cap)
            && cap.Kind == AttributeKind.Float && cap.Float > 0;
        if (!node.Wants(Scores))
        {
            return;
        }

        if (mode == 1 && !isCapped)
        {
            node.Attributes["qk_matmul_output_mode"] = 2;
        }
        else if (mode == 2 && isCapped)
        {
            node.Attributes["mask_before_softcap"] = 1;
        }
    }

    private static void WholeNorm(NodeDraft node)
    {
        double norm = node.TakeFloat("p", 2);
        node.Attributes["p"] = norm == Math.Floor(norm) && norm >= 1
            ? (long)norm
            : throw new ImportException(NtirFault.WrongAttribute, $"a norm of {norm} is not supported");
    }
}
