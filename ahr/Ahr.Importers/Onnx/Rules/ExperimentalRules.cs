using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Operators that ONNX had on trial in its first versions, made of others.</summary>
internal static class ExperimentalRules
{
    public static void Register(RuleSet rules)
    {
        rules.Becomes("DynamicSlice", "slice");
        rules.Composed("Affine", "mul, add", Affine);
        rules.Composed("ConstantFill", "constant_of_shape", ConstantFill);
        rules.Composed("Crop", "slice", Crop);
        rules.Composed("GivenTensorFill", "a constant", GivenTensorFill);
        rules.Composed("ImageScaler", "mul, add", ImageScaler);
        rules.Composed("ParametricSoftplus", "softplus between two mul", node => AroundFunction(node, "softplus"));
        rules.Composed("Scale", "mul", node =>
            node.GiveMade(Times(node, node.Required(0), node.TakeFloat("scale", 1))));
        rules.Composed("ScaledTanh", "tanh between two mul", node => AroundFunction(node, "tanh"));
    }

    private static void Affine(NodeDraft node)
    {
        NtirValue scaled = Times(node, node.Required(0), node.TakeFloat("alpha", 1));
        node.GiveMade(node.Emit("add", scaled, node.FloatLike(node.TakeFloat("beta", 0), node.Required(0))));
    }

    // y = alpha * f(beta * x)
    private static void AroundFunction(NodeDraft node, string function)
    {
        NtirValue inner = Times(node, node.Required(0), node.TakeFloat("beta", 1));
        node.GiveMade(Times(node, node.Emit(function, inner), node.TakeFloat("alpha", 1)));
    }

    private static NtirValue Times(NodeDraft node, NtirValue value, double factor) =>
        node.Emit("mul", value, node.FloatLike(factor, node.Required(0)));

    private static void ImageScaler(NodeDraft node)
    {
        double[] bias = node.TakeFloats("bias") ?? [];
        NtirValue scaled = Times(node, node.Required(0), node.TakeFloat("scale", 1));
        NtirValue column = node.Constant(TensorValue.From<float>(
            ElementType.Float32, [.. bias.Select(item => (float)item)], bias.Length, 1, 1));
        node.GiveMade(node.Emit("add", scaled, node.Emit("cast_like", column, node.Required(0))));
    }

    private static void ConstantFill(NodeDraft node)
    {
        long type = node.TakeInt("dtype", (long)ElementType.Float32);
        double value = node.TakeFloat("value", 0);
        long[]? shape = node.TakeInts("shape");
        long[] extra = node.TakeInts("extra_shape") ?? [];
        bool isShape = node.TakeInt("input_as_shape", 0) != 0;
        NtirValue sizes = node.Operand(0) switch
        {
            null => node.Numbers(shape ?? []),
            { } operand when isShape =>
                node.Emit("cast", [operand], KernelAttributes.Of(("to", (long)ElementType.Int64))),
            { } operand => node.ShapeOf(operand),
        };
        NtirValue all = extra.Length == 0 ? sizes : BroadcastRules.Join(node, sizes, node.Numbers(extra));
        NtirValue filled = node.Emit("constant_of_shape", [all], KernelAttributes.Of(
            ("value", TensorValue.From<float>(ElementType.Float32, [(float)value], 1))));
        node.GiveMade(type == (long)ElementType.Float32
            ? filled
            : node.Emit("cast", [filled], KernelAttributes.Of(("to", type))));
    }

    private static void GivenTensorFill(NodeDraft node)
    {
        double[] values = node.TakeFloats("values") ?? [];
        long[]? shape = node.TakeInts("shape");
        if (shape is null || node.Operand(0) is not null || Shapes.Product(shape) != values.Length)
        {
            throw new ImportException(NtirFault.UnknownOperation,
                "it is supported without an operand, with as many values as its shape needs");
        }

        node.GiveMade(node.Constant(TensorValue.From<float>(
            ElementType.Float32, [.. values.Select(item => (float)item)], shape)));
    }

    private static void Crop(NodeDraft node)
    {
        if (node.TakeInts("border") is not [long left, long top, long right, long bottom])
        {
            throw new ImportException(NtirFault.WrongAttribute, "border must have four sizes");
        }

        long[]? size = node.TakeInts("scale");
        if (size is not (null or [_, _]))
        {
            throw new ImportException(NtirFault.WrongAttribute, "scale must have two sizes");
        }

        long[] ends = size is null
            ? [bottom == 0 ? long.MaxValue : -bottom, right == 0 ? long.MaxValue : -right]
            : [top + size[0], left + size[1]];
        node.GiveMade(node.Emit(
            "slice", node.Required(0), node.Numbers(top, left), node.Numbers(ends), node.Numbers(2, 3)));
    }
}
