using System.Text;
using Ahr.Ntir.Graph;
using Nbc.Kernels;

namespace Ahr.Ntir.Text;

/// <summary>Gives values the names that the attributes of an operation list.</summary>
internal static class ValueNames
{
    public static bool OfResults(Scanner scanner, NtirOp op, Dictionary<string, AttributeValue> attributes) =>
        Name(scanner, op.Results, TextsOf(attributes, "ntir.names"));

    public static bool OfParameters(
        Scanner scanner, IEnumerable<NtirRegion> regions, Dictionary<string, AttributeValue> attributes) => Name(
        scanner, [.. regions.SelectMany(region => region.Parameters)], TextsOf(attributes, "ntir.parameters"));

    public static string TextOf(Dictionary<string, AttributeValue> attributes, string name) =>
        attributes.GetValueOrDefault(name) is { Kind: AttributeKind.Text } value ? value.Text : "";

    public static string[] TextsOf(Dictionary<string, AttributeValue> attributes, string name) =>
        attributes.GetValueOrDefault(name) is { Kind: AttributeKind.Texts } value
            ? Array.ConvertAll(value.Texts, Encoding.UTF8.GetString)
            : [];

    private static bool Name(Scanner scanner, IReadOnlyList<NtirValue> values, string[] names)
    {
        if (names.Length > 0 && names.Length != values.Count)
        {
            return scanner.Fail<object>($"{values.Count} values have {names.Length} names") is not null;
        }

        for (int i = 0; i < names.Length; i++)
        {
            values[i].Name = names[i].Length > 0 ? names[i] : null;
        }

        return true;
    }
}
