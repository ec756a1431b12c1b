using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Nbc.Assembly;

/// <summary>Names and texts as the text form writes them.</summary>
internal static class Quoted
{
    /// <summary>A name as it is when it is a word, else in quotes.</summary>
    public static string Name(string name)
    {
        bool isWord = name.Length > 0 && (char.IsAsciiLetter(name[0]) || name[0] == '_') &&
            name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$');
        return isWord ? name : Text(name);
    }

    public static string Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that are UTF-8 as they read, others one by one.</summary>
    public static string Bytes(byte[] bytes)
    {
        StringBuilder quoted = new("\"");
        if (Utf8.IsValid(bytes))
        {
            foreach (char c in Encoding.UTF8.GetString(bytes))
            {
                _ = c switch
                {
                    '"' => quoted.Append("\\\""),
                    '\\' => quoted.Append(@"\\"),
                    '\n' => quoted.Append(@"\n"),
                    '\r' => quoted.Append(@"\r"),
                    '\t' => quoted.Append(@"\t"),
                    < ' ' or '\x7F' => Escape(quoted, (byte)c),
                    _ => quoted.Append(c),
                };
            }
        }
        else
        {
            foreach (byte value in bytes)
            {
                _ = value is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\'
                    ? quoted.Append((char)value)
                    : Escape(quoted, value);
            }
        }

        return quoted.Append('"').ToString();
    }

    private static StringBuilder Escape(StringBuilder text, byte value) =>
        text.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
}
