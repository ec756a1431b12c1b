using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Nbc.Instructions;

namespace Nbc.Assembly;

/// <summary>Reads tokens one after the other; what does not fit leaves with its place.</summary>
internal sealed class TokenReader(string text)
{
    private readonly Lexer _lexer = new(text);
    private List<Token> _tokens = [];
    private int _at;

    public Token Next => _tokens[_at];

    /// <summary>Index of the next token, to come back to.</summary>
    public int Position
    {
        get => _at;
        set => _at = value;
    }

    public void Start() => _tokens = _lexer.Run();

    public ReadOnlySpan<char> SpanOf(in Token token) => text.AsSpan(token.Start, token.Length);

    public AssemblyException Fault(string expected) => FaultAt(Next, expected);

    public AssemblyException FaultAt(in Token token, string expected) => _lexer.FaultAt(token.Start, expected,
        token.Kind switch
        {
            TokenKind.End => "the end of the text",
            TokenKind.Line => "the end of the line",
            _ => $"'{Shortened(SpanOf(token).ToString())}'",
        });

    public bool IsAt(TokenKind kind) => Next.Kind == kind;

    /// <summary>Whether the next token is this word or mark.</summary>
    public bool IsAt(string word) =>
        Next.Kind is TokenKind.Word or TokenKind.Mark && SpanOf(Next).SequenceEqual(word);

    public bool TryTake(string word)
    {
        bool isThere = IsAt(word);
        _at += isThere ? 1 : 0;
        return isThere;
    }

    public void Expect(string word)
    {
        if (!TryTake(word))
        {
            throw Fault($"'{word}'");
        }
    }

    public Token Expect(TokenKind kind, string what) => IsAt(kind) ? _tokens[_at++] : throw Fault(what);

    public void ExpectLineEnd()
    {
        if (!IsAt(TokenKind.End))
        {
            Expect(TokenKind.Line, "the end of the line");
        }
    }

    public void SkipLines()
    {
        while (IsAt(TokenKind.Line))
        {
            _at++;
        }
    }

    public void Skip() => _at++;

    /// <summary>A word, or a text in quotes where the name is no word.</summary>
    public string Name(string what) => IsAt(TokenKind.Text) ? Text(what) : Word(what);

    public string Word(string what) => SpanOf(Expect(TokenKind.Word, what)).ToString();

    public string Text(string what)
    {
        Token token = Expect(TokenKind.Text, what);
        return Utf8.IsValid(token.Bytes) ? Encoding.UTF8.GetString(token.Bytes!) : throw FaultAt(token, "UTF-8");
    }

    public byte[] Bytes(string what) => Expect(TokenKind.Text, what).Bytes!;

    public long Int(long least = long.MinValue, long most = long.MaxValue, string what = "an int")
    {
        Token token = Expect(TokenKind.Int, what);
        return long.TryParse(SpanOf(token), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            && value >= least && value <= most ? value : throw FaultAt(token, what);
    }

    /// <summary>An int of 32 bits that is not negative.</summary>
    public int Count(string what) => (int)Int(0, int.MaxValue, what);

    /// <summary>A number with a point or exponent, inf, nan, or nan with its bits; ints too.</summary>
    public double Float(string what)
    {
        Token token = Next;
        if (TryTake("nan"))
        {
            return IsAt(TokenKind.Text) ? Bits() : double.NaN;
        }

        if (TryTake("inf"))
        {
            return double.PositiveInfinity;
        }

        if (token.Kind is not (TokenKind.Float or TokenKind.Int))
        {
            throw Fault(what);
        }

        _at++;
        ReadOnlySpan<char> digits = SpanOf(token);
        return digits.SequenceEqual("-inf") ? double.NegativeInfinity
            : digits.SequenceEqual("+inf") ? double.PositiveInfinity
            : double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
            : throw FaultAt(token, what);
    }

    public bool IsAtFloat() => IsAt(TokenKind.Float) || IsAt("nan") || IsAt("inf");

    /// <summary>What PUSH takes.</summary>
    public NbcScalar Scalar()
    {
        const string What = "an int, float, text, true, false or null";
        return IsAt(TokenKind.Int) ? Int(what: What)
            : IsAtFloat() ? Float(What)
            : IsAt(TokenKind.Text) ? Text(What)
            : TryTake("true") ? true
            : TryTake("false") ? false
            : TryTake("null") ? NbcScalar.Null
            : throw Fault(What);
    }

    /// <summary>Items between brackets, with commas between them; lines may end anywhere.</summary>
    public List<T> List<T>(Func<T> item, string open = "[", string close = "]")
    {
        Expect(open);
        List<T> items = [];
        SkipLines();
        while (!TryTake(close))
        {
            if (items.Count > 0)
            {
                Expect(",");
                SkipLines();
            }

            items.Add(item());
            SkipLines();
        }

        return items;
    }

    private double Bits()
    {
        Token token = Expect(TokenKind.Text, "bits");
        return ulong.TryParse(Encoding.UTF8.GetString(token.Bytes!), NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture, out ulong bits) && double.IsNaN(BitConverter.UInt64BitsToDouble(bits))
            ? BitConverter.UInt64BitsToDouble(bits) : throw FaultAt(token, "the 16 hexadecimal digits of a NaN");
    }

    private static string Shortened(string found) => found.Length > 40 ? found[..40] + "…" : found;
}
