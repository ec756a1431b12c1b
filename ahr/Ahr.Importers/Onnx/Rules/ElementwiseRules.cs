using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>Cast, Clip, Dropout and Selu in their older forms.</summary>
internal static class ElementwiseRules
{
    // The names of TensorProto.DataType, as version 1 of Cast writes them.
    private static readonly Dictionary<string, ElementType> s_types = new(StringComparer.OrdinalIgnoreCase)
    {
        ["FLOAT"] = ElementType.Float32,
        ["UINT8"] = ElementType.UInt8,
        ["INT8"] = ElementType.Int8,
        ["UINT16"] = ElementType.UInt16,
        ["INT16"] = ElementType.Int16,
        ["INT32"] = ElementType.Int32,
        ["INT64"] = ElementType.Int64,
        ["STRING"] = ElementType.String,
        ["BOOL"] = ElementType.Bool,
        ["FLOAT16"] = ElementType.Float16,
        ["DOUBLE"] = ElementType.Float64,
        ["UINT32"] = ElementType.UInt32,
        ["UINT64"] = ElementType.UInt64,
        ["COMPLEX64"] = ElementType.Complex64,
        ["COMPLEX128"] = ElementType.Complex128,
    };

    public static void Register(RuleSet rules)
    {
        rules.Before(6, "Cast", "the name of the type becomes its number", CastByName);
        rules.Before(24, ["Cast", "CastLike"], "4-bit integers saturate, NaN becomes the largest float4", ToFourBits);
        rules.Before(11, "Clip", "min and max become operands", LimitsToOperands);
        rules.Before(7, "Dropout", "it trains unless is_test", DropoutInTraining);
        rules.Before(12, "Dropout", "ratio is left out, the mask is as of old", Dropout);
        rules.Before(6, "Selu", "alpha and gamma have fewer digits", node =>
        {
            node.Default("alpha", 1.6732); // the later default has more digits
            node.Default("gamma", 1.0507);
        });
    }

    private static void CastByName(NodeDraft node)
    {
        string name = node.TakeText("to", "");
        node.Attributes["to"] = s_types.TryGetValue(name, out ElementType type)
            ? (long)type
            : throw new ImportException(NtirFault.WrongAttribute, $"'{SafeText.Of(name)}' is no element type");
    }

    // What ONNX leaves open here its own test values settled: they saturated first, and wrap around since version 24.
    private static void ToFourBits(NodeDraft node)
    {
        NtirValue data = node.Required(0);
        if (!ElementTypes.IsFloat(node.ElementOf(data)) || SmallFloats.Has(node.ElementOf(data)))
        {
            return;
        }

        ElementType type = node.Attributes.TryGetValue("to", out AttributeValue? to) && to.Kind == AttributeKind.Int
            ? (ElementType)to.Int
            : node.Operand(1) is { } like ? node.ElementOf(like) : ElementType.Undefined;
        node.Operands[0] = type switch
        {
            ElementType.UInt4 => node.Emit("clip", data, node.FloatLike(0, data), node.FloatLike(15, data)),
            ElementType.Int4 => node.Emit("clip", data, node.FloatLike(-8, data), node.FloatLike(7, data)),
            ElementType.Float4E2M1 => node.Emit("where", node.Emit("is_nan", data), node.FloatLike(6, data), data),
            _ => data,
        };
    }

    private static void LimitsToOperands(NodeDraft node)
    {
        if (node.Attributes.ContainsKey("min"))
        {
            node.SetOperand(1, node.FloatLike(node.TakeFloat("min", 0), node.Required(0)));
        }

        if (node.Attributes.ContainsKey("max"))
        {
            node.SetOperand(2, node.FloatLike(node.TakeFloat("max", 0), node.Required(0)));
        }
    }

    // Until version 6 a node trained unless it said that it does not.
    private static void DropoutInTraining(NodeDraft node)
    {
        if (node.TakeInt("is_test", 0) == 0)
        {
            double ratio = node.TakeFloat("ratio", 0.5);
            node.SetOperand(1, node.Constant(TensorValue.From<float>(ElementType.Float32, [(float)ratio])));
            node.SetOperand(2, node.Constant(TensorValue.From<byte>(ElementType.Bool, [1])));
        }
    }

    // The mask was of the type of the data before version 10.
    private static void Dropout(NodeDraft node)
    {
        node.TakeFloat("ratio", 0.5);
        NtirOp made = node.EmitSelf();
        if (node.Version >= 10 || !node.Wants(1))
        {
            node.Give(made.Results);
            return;
        }

        node.Give(made.Result, node.Emit("cast_like", made.Results[1], node.Required(0)));
    }
}
