using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Operators of ONNX Runtime that mean what one of ONNX means, or a few of them together.</summary>
internal static class MicrosoftRules
{
    public static void Register(RuleSet rules)
    {
        rules.BecomesInMicrosoft("GatherND", "gather_nd", "indices become int64", WideIndices);
        rules.BecomesInMicrosoft("GridSample", "grid_sample", "modes are renamed", ResizeRules.GridSampleMode);
        rules.BecomesInMicrosoft("Pad", "pad", "pads lose their outer size", FlatPads);
        rules.BecomesInMicrosoft("Range", "range", "delta is 1 when it is not given", RangeStep);
        rules.BecomesInMicrosoft("TransposeMatMul", "ms.fused_matmul");
        rules.BecomesInMicrosoft("Trilu", "trilu");
        rules.BecomesInMicrosoft("Unique", "unique", "in the order of the elements, without first indices", Unique);
        rules.ComposedInMicrosoft("BiasDropout", "dropout between two add", BiasDropout);
        rules.ComposedInMicrosoft("Irfft", "dft of the whole spectrum", Irfft);
        rules.ComposedInMicrosoft("Rfft", "dft", Rfft);
    }

    private static void WideIndices(NodeDraft node)
    {
        NtirValue indices = node.Required(1);
        if (node.ElementOf(indices) != ElementType.Int64)
        {
            node.Operands[1] = node.Emit("cast", [indices], KernelAttributes.Of(("to", (long)ElementType.Int64)));
        }
    }

    // They may stand as one row.
    private static void FlatPads(NodeDraft node)
    {
        NtirValue pads = node.Required(1);
        if (node.RankOf(pads) != 1)
        {
            node.Operands[1] = node.Emit("reshape", pads, node.Numbers(-1));
        }
    }

    private static void RangeStep(NodeDraft node)
    {
        if (node.Operand(2) is null)
        {
            node.SetOperand(2, node.FloatLike(1, node.Required(0)));
        }
    }

    // Results: the elements, for each element of x where it is among them, and how often each stands in x.
    private static void Unique(NodeDraft node)
    {
        NtirOp made = node.EmitOp("unique", [node.Required(0)], 4, KernelAttributes.Of(("sorted", 0)));
        node.GiveMade(made.Results[0], made.Results[2], made.Results[3]);
    }

    private static void BiasDropout(NodeDraft node)
    {
        NtirValue sum = node.Emit("add", node.Required(0), node.Required(1));
        KernelAttributes seed = node.Attributes.Remove("seed", out AttributeValue? value)
            ? KernelAttributes.Of(("seed", value))
            : KernelAttributes.None;
        NtirOp dropped = node.EmitOp("dropout", [sum, node.Operand(3), node.Operand(4)], 2, seed);
        NtirValue result = node.Operand(2) is { } residual
            ? node.Emit("add", dropped.Results[0], residual)
            : dropped.Results[0];
        node.GiveMade(result, dropped.Results[1]);
    }

    // Of the last size: x [.., n] to [.., n / 2 + 1, 2].
    private static void Rfft(NodeDraft node)
    {
        CheckTransform(node);
        NtirValue signal = node.Emit("unsqueeze", node.Required(0), node.Numbers(-1));
        node.GiveMade(node.Emit("dft", [signal, null, node.Number(-2)], KernelAttributes.Of(("onesided", 1))));
    }

    // X [.., m, 2] to [.., 2 (m - 1)]: what the spectrum leaves out is the mirror image of what it has, conjugated.
    private static void Irfft(NodeDraft node)
    {
        CheckTransform(node);
        NtirValue half = node.Required(0);
        NtirValue mirror = node.Emit(
            "slice", half, node.Numbers(-2), node.Numbers(0), node.Numbers(-2), node.Numbers(-1));
        NtirValue signs = node.Constant(TensorValue.From<float>(ElementType.Float32, [1, -1], 2));
        NtirValue conjugate = node.Emit("mul", mirror, node.Emit("cast_like", signs, half));
        NtirValue whole = node.Emit("concat", [half, conjugate], KernelAttributes.Of(("axis", -2)));
        NtirValue signal = node.Emit("dft", [whole, null, node.Number(-2)], KernelAttributes.Of(("inverse", 1)));
        NtirValue real = node.Emit("slice", signal, node.Numbers(0), node.Numbers(1), node.Numbers(-1));
        node.GiveMade(node.Emit("squeeze", real, node.Numbers(-1)));
    }

    private static void CheckTransform(NodeDraft node)
    {
        long normalized = node.TakeInt("normalized", 0);
        long onesided = node.TakeInt("onesided", 1);
        long sizes = node.TakeInt("signal_ndim", 1);
        if (normalized != 0 || onesided != 1 || sizes != 1)
        {
            throw new ImportException(NtirFault.UnknownOperation,
                "a transform is supported over one size, onesided and not normalized");
        }
    }
}
