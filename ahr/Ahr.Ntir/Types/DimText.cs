using System.Globalization;

namespace Ahr.Ntir.Types;

/// <summary>Reads what <see cref="Dim.ToString"/> writes.</summary>
/// <remarks>Bound: texts to <see cref="LongestText"/> characters, nested to <see cref="DeepestNesting"/>.</remarks>
public static class DimText
{
    public const int LongestText = 4096;
    public const int DeepestNesting = 32;

    /// <summary>Null when the text is no size.</summary>
    public static Dim? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text == "?")
        {
            return Dim.Unknown;
        }

        Reader reader = new(text);
        return text.Length <= LongestText && reader.Sum(0) is { } dim && reader.IsAtEnd ? dim : null;
    }

    private ref struct Reader(string text)
    {
        private readonly string _text = text;
        private int _at;

        public bool IsAtEnd
        {
            get
            {
                SkipBlanks();
                return _at == _text.Length;
            }
        }

        public Dim? Sum(int depth)
        {
            bool isNegative = Take('-');
            if (depth > DeepestNesting || Product(depth) is not { } sum)
            {
                return null;
            }

            sum = isNegative ? sum * -1 : sum;
            while (true)
            {
                bool isPlus = Take('+');
                if (!isPlus && !Take('-'))
                {
                    return sum;
                }

                if (Product(depth) is not { } next)
                {
                    return null;
                }

                sum = isPlus ? sum + next : sum - next;
            }
        }

        private Dim? Product(int depth)
        {
            if (Factor(depth) is not { } product)
            {
                return null;
            }

            while (Take('*'))
            {
                if (Factor(depth) is not { } next)
                {
                    return null;
                }

                product *= next;
            }

            return product;
        }

        private Dim? Factor(int depth)
        {
            string word = Word();
            if (word.Length == 0)
            {
                return null;
            }

            if (char.IsAsciiDigit(word[0]))
            {
                return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    ? number
                    : null;
            }

            if (!Take('('))
            {
                return Dim.Symbol(word);
            }

            return Sum(depth + 1) is { } left && Take(',') && Sum(depth + 1) is { } right && Take(')')
                ? Dim.Function(word, left, right)
                : null;
        }

        private string Word()
        {
            SkipBlanks();
            int start = _at;
            while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.'))
            {
                _at++;
            }

            return _text[start.._at];
        }

        private bool Take(char wanted)
        {
            SkipBlanks();
            if (_at == _text.Length || _text[_at] != wanted)
            {
                return false;
            }

            _at++;
            return true;
        }

        private void SkipBlanks()
        {
            while (_at < _text.Length && _text[_at] == ' ')
            {
                _at++;
            }
        }
    }
}
