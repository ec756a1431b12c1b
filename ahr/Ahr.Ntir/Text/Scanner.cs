using System.Globalization;
using System.Text;

namespace Ahr.Ntir.Text;

/// <summary>Reads the text form from left to right; keeps its first fault and fails from then on.</summary>
internal sealed class Scanner(string text)
{
    private int _at;

    /// <summary>Null while nothing is wrong.</summary>
    public Diagnostic? Fault { get; private set; }

    public bool IsAtEnd
    {
        get
        {
            SkipBlanks();
            return _at >= text.Length;
        }
    }

    public T? Fail<T>(string detail, NtirFault fault = NtirFault.Malformed)
        where T : class
    {
        Fault ??= new Diagnostic(fault, Place(), detail);
        return null;
    }

    public bool Expect(string wanted)
    {
        if (TryTake(wanted))
        {
            return true;
        }

        Fail<object>($"expected {wanted}");
        return false;
    }

    public bool TryTake(string wanted)
    {
        SkipBlanks();
        if (Fault is not null || string.CompareOrdinal(text, _at, wanted, 0, wanted.Length) != 0)
        {
            return false;
        }

        _at += wanted.Length;
        return true;
    }

    public bool IsAt(char wanted)
    {
        SkipBlanks();
        return Fault is null && _at < text.Length && text[_at] == wanted;
    }

    public string TakeWhile(Func<char, bool> isPart, int most = int.MaxValue)
    {
        int start = _at;
        while (Fault is null && _at < text.Length && _at - start < most && isPart(text[_at]))
        {
            _at++;
        }

        return text[start.._at];
    }

    /// <summary>A word of letters, digits, <c>_</c>, <c>.</c>, <c>$</c>, <c>-</c>; empty when there is none.</summary>
    public string TakeWord()
    {
        SkipBlanks();
        return TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$' or '-');
    }

    /// <summary>A size and the x behind it: <c>12x</c>, or <c>?x</c> as -1. Null when none stands there.</summary>
    public long? TakeSize()
    {
        int start = _at;
        if (TryTake("?x"))
        {
            return -1;
        }

        string digits = TakeWhile(char.IsAsciiDigit);
        if (digits.Length > 0 && _at < text.Length && text[_at] == 'x' &&
            long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long size))
        {
            _at++;
            return size;
        }

        _at = start;
        return null;
    }

    /// <summary>A whole number with an optional sign; null and a fault when none stands there.</summary>
    public long? TakeInt()
    {
        SkipBlanks();
        string digits = TakeWhile(c => char.IsAsciiDigit(c) || c == '-');
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return number;
        }

        Fail<object>("expected a whole number");
        return null;
    }

    /// <summary>A text in quotes; <c>\XX</c> is a byte, <c>\"</c>, <c>\\</c>, <c>\n</c>, <c>\t</c> as usual.</summary>
    public byte[]? TakeText()
    {
        SkipBlanks();
        if (_at >= text.Length || text[_at] != '"')
        {
            return Fail<byte[]>("expected a text in quotes");
        }

        int from = ++_at;
        int end = from;
        while (end < text.Length && text[end] != '"')
        {
            end += text[end] == '\\' ? 2 : 1;
        }

        if (end >= text.Length)
        {
            return Fail<byte[]>("the text in quotes does not end");
        }

        _at = end + 1;
        return Unescape(text.AsSpan(from, end - from));
    }

    /// <summary>Everything from here to the next of these characters, which stays.</summary>
    public string TakeUntil(char end)
    {
        int start = _at;
        int found = text.IndexOf(end, _at);
        _at = found < 0 ? text.Length : found;
        return text[start.._at];
    }

    private byte[]? Unescape(ReadOnlySpan<char> quoted)
    {
        if (!quoted.Contains('\\'))
        {
            byte[] plain = new byte[Encoding.UTF8.GetByteCount(quoted)];
            Encoding.UTF8.GetBytes(quoted, plain);
            return plain;
        }

        List<byte> bytes = [];
        Span<byte> one = stackalloc byte[4];
        for (int i = 0; i < quoted.Length; i++)
        {
            if (quoted[i] != '\\')
            {
                int units = char.IsHighSurrogate(quoted[i]) && i + 1 < quoted.Length ? 2 : 1;
                int length = Encoding.UTF8.GetBytes(quoted.Slice(i, units), one);
                bytes.AddRange(one[..length]);
                i += units - 1;
            }
            else if (quoted[i + 1] is '"' or '\\' or 'n' or 't')
            {
                bytes.Add((byte)(quoted[++i] switch { 'n' => '\n', 't' => '\t', char c => c }));
            }
            else if (i + 2 < quoted.Length && byte.TryParse(
                quoted.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                i += 2;
            }
            else
            {
                return Fail<byte[]>("a backslash in a text stands before two hex digits, \", \\, n or t");
            }
        }

        return [.. bytes];
    }

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            if (text[_at] is ' ' or '\n' or '\r' or '\t')
            {
                _at++;
            }
            else if (string.CompareOrdinal(text, _at, "//", 0, 2) == 0)
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private string Place()
    {
        int line = 1, column = 1;
        for (int i = 0; i < Math.Min(_at, text.Length); i++)
        {
            (line, column) = text[i] == '\n' ? (line + 1, 1) : (line, column + 1);
        }

        return $"line {line}, column {column}";
    }
}
