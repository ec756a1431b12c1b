using System.Globalization;
using System.Text;

namespace Noodle.Cli.Output;

/// <summary>Makes text that came from elsewhere harmless on a terminal.</summary>
internal static class SafeText
{
    /// <summary>
    /// Replaces what moves the cursor, colours, or turns the direction of text by '?'; line breaks, too.
    /// </summary>
    public static string Clean(string text)
    {
        if (!text.Any(IsHarmful))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        foreach (char c in text)
        {
            clean.Append(IsHarmful(c) ? '?' : c);
        }

        return clean.ToString();
    }

    private static bool IsHarmful(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
