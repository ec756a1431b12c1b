using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Ops;
using Ahr.Ntir;
using Nbc.Kernels;
using Nbc.Tensors;

namespace Ahr.Importers.Onnx.Rules;

/// <summary>LabelEncoder of version 1 knows strings and their places; which way it goes follows from its operand.
/// </summary>
internal static class LabelEncoderRules
{
    public static void Register(RuleSet rules) =>
        rules.BeforeInMl(2, "LabelEncoder", "classes become keys and values", ToKeysAndValues);

    private static void ToKeysAndValues(NodeDraft node)
    {
        AttributeValue names = node.Attributes.Remove("classes_strings", out AttributeValue? given)
            && given.Kind == AttributeKind.Texts
            ? given
            : throw new ImportException(NtirFault.WrongAttribute, "classes_strings is missing");
        long[] places = [.. Enumerable.Range(0, names.Texts.Length).Select(place => (long)place)];
        long otherPlace = node.TakeInt("default_int64", -1);
        string otherName = node.TakeText("default_string", "_Unused");
        switch (node.ElementOf(node.Required(0)))
        {
            case ElementType.String:
                node.Attributes["keys_strings"] = names;
                node.Attributes["values_int64s"] = places;
                node.Attributes["default_int64"] = otherPlace;
                break;
            case ElementType.Int64:
                node.Attributes["keys_int64s"] = places;
                node.Attributes["values_strings"] = names;
                node.Attributes["default_string"] = otherName;
                break;
            default:
                throw new ImportException(
                    NtirFault.TypeMismatch, "the model does not say whether its operand is of strings or int64");
        }
    }
}
