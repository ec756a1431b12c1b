using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Nbc.Kernels.Making;

/// <summary>Says a pattern of RE2 in the words of .NET.</summary>
/// <remarks>
/// Meaning: \d \w \s and their opposites are ASCII; [[:alpha:]] and its like, \pL, \x{..}, \Q..\E are written out; a
/// dollar sign is the end of the text; a dot and a negated class take a whole character even when UTF-16 needs two.
/// Within (?s) and (?m) the dot and the dollar sign keep .NET's meaning.
/// Source: RE2, "Syntax".
/// </remarks>
internal sealed class Re2Pattern
{
    private const string Pair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";
    private const string Halves = @"\uD800-\uDFFF";

    private static readonly (string Name, string Range)[] s_named =
    [
        ("alnum", "0-9A-Za-z"), ("alpha", "A-Za-z"), ("ascii", @"\x00-\x7F"), ("blank", @"\t "),
        ("cntrl", @"\x00-\x1F\x7F"), ("digit", "0-9"), ("graph", "!-~"), ("lower", "a-z"), ("print", " -~"),
        ("punct", @"!-/:-@\[-`{-~"), ("space", @"\t\n\v\f\r "), ("upper", "A-Z"), ("word", "0-9A-Za-z_"),
        ("xdigit", "0-9A-Fa-f"),
    ];

    private readonly string _pattern;
    private readonly bool _hasLines;
    private readonly bool _dotIsAll;
    private readonly StringBuilder _out = new();
    private int _at;

    private Re2Pattern(string pattern)
    {
        _pattern = pattern;
        _hasLines = Regex.IsMatch(pattern, @"\(\?[a-zA-Z]*m", RegexOptions.NonBacktracking);
        _dotIsAll = Regex.IsMatch(pattern, @"\(\?[a-zA-Z]*s", RegexOptions.NonBacktracking);
    }

    /// <exception cref="FormatException">RE2 knows no such pattern.</exception>
    public static string Translate(string pattern)
    {
        Re2Pattern translation = new(pattern);
        while (translation._at < pattern.Length)
        {
            translation.Step();
        }

        return translation._out.ToString();
    }

    private void Step()
    {
        char c = _pattern[_at];
        switch (c)
        {
            case '\\':
                Escape(inClass: false);
                break;
            case '[':
                Class();
                break;
            case '.' when !_dotIsAll:
                _out.Append($@"(?:{Pair}|[^\n{Halves}])");
                _at++;
                break;
            case '$' when !_hasLines:
                _out.Append(@"\z");
                _at++;
                break;
            case '(' when _pattern.AsSpan(_at).StartsWith("(?P<"):
                _out.Append("(?<");
                _at += "(?P<".Length;
                break;
            default:
                _out.Append(c);
                _at++;
                break;
        }
    }

    private void Escape(bool inClass)
    {
        if (_at + 1 == _pattern.Length)
        {
            throw new FormatException("it ends in a backslash");
        }

        char c = _pattern[_at + 1];
        _at += 2;
        switch (c)
        {
            case 'd' or 's' or 'w':
                _out.Append(inClass ? Ascii(c) : $"[{Ascii(c)}]");
                break;
            case 'D' or 'S' or 'W':
                _out.Append(inClass
                    ? Opposite(c) : $"(?:{Pair}|[^{Ascii(char.ToLowerInvariant(c))}{Halves}])");
                break;
            case 'Q':
                Literal();
                break;
            case 'x' when _at < _pattern.Length && _pattern[_at] == '{':
                CodePoint(inClass);
                break;
            case 'p' or 'P' when _at < _pattern.Length && _pattern[_at] != '{':
                _out.Append($@"\{c}{{{_pattern[_at++]}}}");
                break;
            case 'A' or 'z' or 'b' or 'B' or 'p' or 'P' or 'a' or 'f' or 't' or 'n' or 'r' or 'v' or 'x':
            case >= '0' and <= '7':
                _out.Append('\\').Append(c);
                break;
            default:
                _out.Append(char.IsAsciiLetterOrDigit(c)
                    ? throw new FormatException($"RE2 has no \\{c}") : Regex.Escape(c.ToString()));
                break;
        }
    }

    private static string Ascii(char c) => c switch
    {
        'd' => "0-9",
        's' => @"\t\n\f\r ",
        _ => "0-9A-Za-z_",
    };

    // Beside others in a class, the opposite must be a range of its own.
    private static string Opposite(char c) => c switch
    {
        'D' => @"\x00-/:-\uD7FF\uE000-\uFFFF",
        'S' => @"\x00-\x08\x0B\x0E-\x1F!-\uD7FF\uE000-\uFFFF",
        _ => @"\x00-/:-@\[-\^`{-\uD7FF\uE000-\uFFFF",
    };

    private void Literal()
    {
        int end = _pattern.IndexOf(@"\E", _at, StringComparison.Ordinal);
        string text = end < 0 ? _pattern[_at..] : _pattern[_at..end];
        _out.Append(Regex.Escape(text));
        _at = end < 0 ? _pattern.Length : end + 2;
    }

    private void CodePoint(bool inClass)
    {
        int end = _pattern.IndexOf('}', _at);
        ReadOnlySpan<char> digits = end < 0 ? [] : _pattern.AsSpan(_at + 1, end - _at - 1);
        if (!int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) ||
            !Rune.TryCreate(code, out Rune rune) || (inClass && !rune.IsBmp))
        {
            throw new FormatException($"\\x{{{digits}}} is no character that can stand there");
        }

        _at = end + 1;
        foreach (char unit in rune.ToString())
        {
            _out.Append(CultureInfo.InvariantCulture, $@"\u{(int)unit:X4}");
        }
    }

    private void Class()
    {
        int start = _out.Length;
        _at++;
        bool isNegated = _at < _pattern.Length && _pattern[_at] == '^';
        _at += isNegated ? 1 : 0;
        _out.Append(isNegated ? $"(?:{Pair}|[^{Halves}" : "[");
        bool isFirst = true;
        for (; _at < _pattern.Length && (_pattern[_at] != ']' || isFirst); isFirst = false)
        {
            Member();
        }

        if (_at == _pattern.Length)
        {
            throw new FormatException($"the class {_out.ToString(start, _out.Length - start)} does not end");
        }

        _at++;
        _out.Append(isNegated ? "])" : "]");
    }

    private void Member()
    {
        ReadOnlySpan<char> rest = _pattern.AsSpan(_at);
        if (rest[0] == '\\')
        {
            Escape(inClass: true);
        }
        else if (rest.StartsWith("[:"))
        {
            int end = rest.IndexOf(":]");
            bool isNegated = rest[2..].StartsWith("^");
            string name = end < 0 ? "" : rest[(isNegated ? 3 : 2)..end].ToString();
            string? range = isNegated ? null : Array.Find(s_named, row => row.Name == name).Range;
            _out.Append(range ?? throw new FormatException($"there is no class [:{name}:] that can stand there"));
            _at += end + 2;
        }
        else
        {
            // A bracket would begin a subtraction in .NET.
            _out.Append(rest[0] is '[' or ']' ? $@"\{rest[0]}" : rest[0]);
            _at++;
        }
    }
}
