using System.Globalization;
using System.Text;
using Nbc.Kernels;
using Nbc.Values;

namespace Ahr.Ntir.Text;

/// <summary>Attributes as MLIR's generic form writes them.</summary>
/// <remarks>
/// <code>
/// 5    0.5 : f64    0x7FF0000000000000 : f64    "text"    array&lt;i64: 1, 2>    array&lt;f64: 0.5>    ["a", "b"]
/// #ntir.tensor&lt;f32, [2], "0000803F00000040">      elements in memory order, as hex
/// #ntir.tensor&lt;!ntir.string, [2], ["a", "b"]>
/// #ntir.content&lt;f32, [1000, 1000], "sha256 in hex">  elements that lie elsewhere
/// #ntir.tensors&lt;...>                              a list of tensors
/// </code>
/// </remarks>
internal static class AttributeText
{
    public static void Print(StringBuilder text, AttributeValue value, NtirTextOptions options)
    {
        switch (value.Kind)
        {
            case AttributeKind.Int:
                text.Append(CultureInfo.InvariantCulture, $"{value.Int}");
                break;
            case AttributeKind.Float:
                text.Append(Float(value.Float)).Append(" : f64");
                break;
            case AttributeKind.Text:
                Quote(text, value.TextBytes);
                break;
            case AttributeKind.Ints:
                text.Append("array<i64").Append(value.Ints.Length > 0 ? ": " : "")
                    .AppendJoin(", ", value.Ints).Append('>');
                break;
            case AttributeKind.Floats:
                text.Append("array<f64").Append(value.Floats.Length > 0 ? ": " : "")
                    .AppendJoin(", ", value.Floats.Select(Float)).Append('>');
                break;
            case AttributeKind.Texts:
                List(text, value.Texts);
                break;
            case AttributeKind.Tensor:
                Print(text, value.Tensor, options);
                break;
            default:
                text.Append("#ntir.tensors<");
                for (int i = 0; i < value.Tensors.Length; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    Print(text, value.Tensors[i], options);
                }

                text.Append('>');
                break;
        }
    }

    public static void Quote(StringBuilder text, ReadOnlySpan<byte> bytes)
    {
        text.Append('"');
        foreach (byte b in bytes)
        {
            if (b is >= (byte)' ' and < 127 && b is not ((byte)'"' or (byte)'\\'))
            {
                text.Append((char)b);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\{b:X2}");
            }
        }

        text.Append('"');
    }

    public static void List(StringBuilder text, IReadOnlyList<byte[]> items)
    {
        text.Append('[');
        for (int i = 0; i < items.Count; i++)
        {
            text.Append(i > 0 ? ", " : "");
            Quote(text, items[i]);
        }

        text.Append(']');
    }

    /// <summary>Null when what stands there is no attribute; the scanner then has a fault.</summary>
    public static AttributeValue? Parse(Scanner scanner, INtirContent? content)
    {
        if (scanner.IsAt('"'))
        {
            return scanner.TakeText() is { } bytes ? AttributeValue.FromText(bytes) : null;
        }

        if (scanner.IsAt('['))
        {
            return ParseList(scanner) is { } texts ? AttributeValue.FromTexts([.. texts]) : null;
        }

        if (scanner.TryTake("array<i64"))
        {
            return ParseArray(scanner, s => s.TakeInt()) is { } ints
                ? (AttributeValue)ints.ToArray()
                : null;
        }

        if (scanner.TryTake("array<f64"))
        {
            return ParseArray(scanner, s => ParseFloat(s, s.TakeWord())) is { } floats
                ? (AttributeValue)floats.ToArray()
                : null;
        }

        if (scanner.TryTake("#ntir.tensors<"))
        {
            return ParseTensors(scanner, content);
        }

        return scanner.IsAt('#')
            ? TensorText.Parse(scanner, content) is { } tensor ? (AttributeValue)tensor : null
            : ParseNumber(scanner);
    }

    public static List<byte[]>? ParseList(Scanner scanner)
    {
        List<byte[]> texts = [];
        if (!scanner.Expect("["))
        {
            return null;
        }

        while (!scanner.TryTake("]"))
        {
            if ((texts.Count > 0 && !scanner.Expect(",")) || scanner.TakeText() is not { } text)
            {
                return null;
            }

            texts.Add(text);
        }

        return texts;
    }

    private static void Print(StringBuilder text, TensorValue tensor, NtirTextOptions options) =>
        TensorText.Print(text, tensor, options);

    private static string Float(double number)
    {
        if (!double.IsFinite(number))
        {
            return $"0x{BitConverter.DoubleToUInt64Bits(number):X16}";
        }

        string text = number.ToString("R", CultureInfo.InvariantCulture);
        int exponent = text.IndexOf('E', StringComparison.Ordinal);
        return text.Contains('.') ? text : exponent < 0 ? text + ".0" : text.Insert(exponent, ".0");
    }

    private static AttributeValue? ParseNumber(Scanner scanner)
    {
        string word = scanner.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+');
        if (scanner.TryTake(": f64"))
        {
            return ParseFloat(scanner, word) is { } number ? number : null;
        }

        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
        {
            scanner.TryTake(": i64"); // as MLIR prints it
            return whole;
        }

        return scanner.Fail<AttributeValue>("expected an attribute");
    }

    private static double? ParseFloat(Scanner scanner, string word)
    {
        if (word.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(
            word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits))
        {
            return BitConverter.UInt64BitsToDouble(bits);
        }

        // TakeWord stops at the plus of an exponent.
        string text = word.EndsWith('E') ? word + scanner.TakeWhile(c => c == '+' || char.IsAsciiDigit(c)) : word;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return number;
        }

        scanner.Fail<object>("expected a number");
        return null;
    }

    private static List<T>? ParseArray<T>(Scanner scanner, Func<Scanner, T?> take)
        where T : struct
    {
        List<T> items = [];
        if (scanner.TryTake(">"))
        {
            return items;
        }

        if (!scanner.Expect(":"))
        {
            return null;
        }

        do
        {
            if (take(scanner) is not { } item)
            {
                return null;
            }

            items.Add(item);
        }
        while (scanner.TryTake(","));
        return scanner.Expect(">") ? items : null;
    }

    private static AttributeValue? ParseTensors(Scanner scanner, INtirContent? content)
    {
        List<TensorValue> tensors = [];
        while (!scanner.TryTake(">"))
        {
            if ((tensors.Count > 0 && !scanner.Expect(",")) || TensorText.Parse(scanner, content) is not { } tensor)
            {
                return null;
            }

            tensors.Add(tensor);
        }

        return AttributeValue.FromTensors([.. tensors]);
    }
}
