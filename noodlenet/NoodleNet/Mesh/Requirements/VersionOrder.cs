using System.Globalization;

namespace NoodleNet.Mesh.Requirements;

/// <summary>Versions of one to eight numbers with dots; what follows a '-' or '+' does not count.</summary>
internal static class VersionOrder
{
    private const int MostParts = 8;

    public static bool IsVersion(string text) => Split(text) is not null;

    /// <summary>Which comes first; missing numbers are zero. Null when one is no version.</summary>
    public static int? Compare(string left, string right)
    {
        if (Split(left) is not { } a || Split(right) is not { } b)
        {
            return null;
        }

        for (int i = 0; i < MostParts; i++)
        {
            int order = (i < a.Length ? a[i] : 0).CompareTo(i < b.Length ? b[i] : 0);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    private static int[]? Split(string text)
    {
        int end = text.AsSpan().IndexOfAny('-', '+');
        string[] parts = (end < 0 ? text : text[..end]).Split('.');
        if (parts.Length > MostParts)
        {
            return null;
        }

        int[] numbers = new int[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                return null;
            }
        }

        return numbers;
    }
}
