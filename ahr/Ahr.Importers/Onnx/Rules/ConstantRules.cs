using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Constant in all its forms, and Optional, whose attribute is the type of its result.</summary>
internal static class ConstantRules
{
    public static void Register(RuleSet rules)
    {
        rules.Composed("Constant", "every form of the value becomes a tensor",
            node => node.Give(node.Constant(ValueOf(node))));
        rules.Always("Optional", "the attribute becomes the type of the result", Optional);
    }

    private static TensorValue ValueOf(NodeDraft node)
    {
        if (node.Attributes.Count != 1)
        {
            throw new ImportException(NtirFault.WrongAttribute, "a constant has exactly one attribute, its value");
        }

        (string name, AttributeValue value) = node.Attributes.First();
        return (name, value.Kind) switch
        {
            ("value" or "sparse_value", AttributeKind.Tensor) => value.Tensor,
            ("value_float", AttributeKind.Float) =>
                TensorValue.From<float>(ElementType.Float32, [(float)value.Float]),
            ("value_floats", AttributeKind.Floats) => TensorValue.From<float>(
                ElementType.Float32, [.. value.Floats.Select(item => (float)item)], value.Floats.Length),
            ("value_int", AttributeKind.Int) => TensorValue.From<long>(ElementType.Int64, [value.Int]),
            ("value_ints", AttributeKind.Ints) =>
                TensorValue.From<long>(ElementType.Int64, value.Ints, value.Ints.Length),
            ("value_string", AttributeKind.Text) => TensorValue.FromStrings([value.TextBytes]),
            ("value_strings", AttributeKind.Texts) => TensorValue.FromStrings(value.Texts, value.Texts.Length),
            _ => throw new ImportException(
                NtirFault.WrongAttribute, $"attribute {SafeText.Of(name)} is no value of a constant"),
        };
    }

    private static void Optional(NodeDraft node)
    {
        node.Types.Remove("type", out NtirType? element);
        NtirOp made = node.EmitSelf();
        if (element is not null)
        {
            made.Result.Type = new OptionalType(element);
        }

        node.Give(made.Result);
    }
}
