using System.Buffers;
using System.Text;

namespace Nbc.Assembly;

/// <summary>Cuts a text into tokens. A semicolon begins a comment; a line end counts, blanks do not.</summary>
internal sealed class Lexer(string text)
{
    private static readonly SearchValues<char> s_marks = SearchValues.Create("()[]{},:=@*");
    private readonly List<Token> _tokens = [];
    private int _at;

    /// <exception cref="AssemblyException">A character that begins no token, or a text without an end.</exception>
    public List<Token> Run()
    {
        while (_at < text.Length)
        {
            char next = text[_at];
            if (next == '\n')
            {
                _tokens.Add(new Token(TokenKind.Line, _at++, 0));
            }
            else if (next is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (next == ';')
            {
                int end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else
            {
                Take(next);
            }
        }

        _tokens.Add(new Token(TokenKind.End, _at, 0));
        return _tokens;
    }

    /// <summary>Leaves with the fault at a place of the text.</summary>
    public AssemblyException FaultAt(int at, string expected, string found)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(at, text.Length));
        int line = before.Count('\n') + 1;
        return new AssemblyException(new AssemblyFault(line, at - before.LastIndexOf('\n'), expected, found));
    }

    private void Take(char next)
    {
        int start = _at;
        if (next == '"')
        {
            byte[] bytes = TakeText();
            _tokens.Add(new Token(TokenKind.Text, start, _at - start, bytes));
        }
        else if (s_marks.Contains(next) || text.AsSpan(_at).StartsWith("->", StringComparison.Ordinal))
        {
            _at += next == '-' ? 2 : 1;
            _tokens.Add(new Token(TokenKind.Mark, start, _at - start));
        }
        else if (char.IsAsciiDigit(next) || next is '-' or '+')
        {
            TakeNumber();
        }
        else if (IsWordStart(next))
        {
            TakeWord();
        }
        else
        {
            throw FaultAt(_at, "a word, number, text or mark", $"'{next}'");
        }
    }

    private void TakeWord()
    {
        int start = _at++;
        while (_at < text.Length && IsWordPart(text[_at]))
        {
            _at++;
        }

        if (_at < text.Length && text[_at] == '<' && text.AsSpan(start, _at - start).SequenceEqual("complex"))
        {
            int end = text.IndexOf('>', _at);
            _at = end < 0 ? throw FaultAt(_at, "a closing >", "the end") : end + 1;
        }

        _tokens.Add(new Token(TokenKind.Word, start, _at - start));
    }

    private void TakeNumber()
    {
        int start = _at++;
        bool isFloat = false;
        if (text.AsSpan(_at).StartsWith("inf", StringComparison.Ordinal))
        {
            _at += 3;
            isFloat = true;
        }

        while (_at < text.Length)
        {
            char next = text[_at];
            bool isExponent = next is 'e' or 'E';
            if (!char.IsAsciiDigit(next) && next != '.' && !isExponent)
            {
                break;
            }

            isFloat |= next == '.' || isExponent;
            _at++;
            if (isExponent && _at < text.Length && text[_at] is '-' or '+')
            {
                _at++;
            }
        }

        _tokens.Add(new Token(isFloat ? TokenKind.Float : TokenKind.Int, start, _at - start));
    }

    private byte[] TakeText()
    {
        int start = _at++;
        ArrayBufferWriter<byte> bytes = new();
        while (_at < text.Length && text[_at] is not '"' and not '\n')
        {
            if (text[_at] == '\\')
            {
                TakeEscape(bytes);
            }
            else
            {
                int length = char.IsSurrogatePair(text, _at) ? 2 : 1;
                Encoding.UTF8.GetBytes(text.AsSpan(_at, length), bytes);
                _at += length;
            }
        }

        if (_at == text.Length || text[_at] != '"')
        {
            throw FaultAt(start, "a text that ends on its line", "none");
        }

        _at++;
        return bytes.WrittenSpan.ToArray();
    }

    private void TakeEscape(ArrayBufferWriter<byte> bytes)
    {
        char next = _at + 1 < text.Length ? text[_at + 1] : '\n';
        if (next == 'x' && _at + 3 < text.Length && char.IsAsciiHexDigit(text[_at + 2]) &&
            char.IsAsciiHexDigit(text[_at + 3]))
        {
            bytes.Write(Convert.FromHexString(text.AsSpan(_at + 2, 2)));
            _at += 4;
            return;
        }

        byte value = next switch
        {
            'n' => (byte)'\n',
            'r' => (byte)'\r',
            't' => (byte)'\t',
            '"' or '\\' => (byte)next,
            _ => throw FaultAt(_at, "one of the escapes \\n \\r \\t \\\" \\\\ \\xHH", "another"),
        };
        bytes.Write([value]);
        _at += 2;
    }

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c is '_' or '!';

    private static bool IsWordPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '$';
}
