using System.Globalization;

namespace Noodle.Serving;

/// <summary>Makes what strangers send safe to print: no line breaks, no terminal commands, no endless text.</summary>
internal static class PlainText
{
    /// <summary>Longest name that is printed whole.</summary>
    public const int MaxNameLength = 128;

    /// <summary>The text with every character that is not visible as '?', cut to a length.</summary>
    public static string Clean(string text, int maxLength = MaxNameLength)
    {
        ReadOnlySpan<char> kept = text.AsSpan(0, Math.Min(text.Length, maxLength));
        bool clean = kept.Length == text.Length;
        foreach (char c in kept)
        {
            clean &= IsVisible(c);
        }

        return clean ? text : string.Create(kept.Length, kept, static (target, source) =>
        {
            for (int i = 0; i < source.Length; i++)
            {
                target[i] = IsVisible(source[i]) ? source[i] : '?';
            }
        });
    }

    /// <summary>The same, in ASCII alone: fit for a header.</summary>
    public static string CleanAscii(string text, int maxLength)
    {
        string clean = Clean(text, maxLength);
        return System.Text.Ascii.IsValid(clean)
            ? clean
            : string.Create(clean.Length, clean, static (target, source) =>
            {
                for (int i = 0; i < source.Length; i++)
                {
                    target[i] = char.IsAscii(source[i]) ? source[i] : '?';
                }
            });
    }

    private static bool IsVisible(char c) =>
        c is >= ' ' and <= '~' || (c > '\u009f' && CharUnicodeInfo.GetUnicodeCategory(c) is not (
            UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or
            UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned));
}
