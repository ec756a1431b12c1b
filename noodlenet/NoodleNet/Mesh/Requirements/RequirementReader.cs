using System.Globalization;

namespace NoodleNet.Mesh.Requirements;

/// <summary>Reads the words of a requirement; it keeps its first fault and stands still from then on.</summary>
internal sealed class RequirementReader(string text)
{
    public int Position { get; private set; }

    public RequirementError? Error { get; private set; }

    /// <summary>Conditions read so far.</summary>
    public int Clauses { get; set; }

    public bool IsAtEnd
    {
        get
        {
            SkipSpaces();
            return Position >= text.Length;
        }
    }

    /// <summary>Letters, digits, '.', '-' and '_', a letter first, so that tag.zone is one; empty when there is none.
    /// </summary>
    public string Word()
    {
        SkipSpaces();
        int start = Position;
        while (Error is null && Position < text.Length && IsOfName(text[Position], Position == start))
        {
            Position++;
        }

        string word = text[start..Position];
        SkipSpaces();
        return word;
    }

    public RequirementOperator Operator()
    {
        SkipSpaces();
        foreach (RequirementOperator sign in Enum.GetValues<RequirementOperator>())
        {
            string spelling = RequirementClause.SignOf(sign);
            if (sign != RequirementOperator.Has && Error is null &&
                string.CompareOrdinal(text, Position, spelling, 0, spelling.Length) == 0)
            {
                Position += spelling.Length;
                SkipSpaces();
                return sign;
            }
        }

        return RequirementOperator.Has;
    }

    /// <summary>What stands before the next ',' or ')'.</summary>
    public ReadOnlySpan<char> Value()
    {
        SkipSpaces();
        int start = Position;
        while (Error is null && Position < text.Length && text[Position] is not (',' or ')'))
        {
            Position++;
        }

        return text.AsSpan(start, Position - start).Trim(' ');
    }

    /// <summary>A word, or anything but '"' between two of them.</summary>
    public string Text()
    {
        int start = Position;
        if (!TryTake('"'))
        {
            string word = Value().ToString();
            if (word.Length == 0 || !word.All(RequirementNames.IsWordCharacter))
            {
                Fail<object>(RequirementFault.BadValue, start, "here must stand a word, or a text in double quotes");
            }

            return word;
        }

        int end = Error is null ? text.IndexOf('"', Position) : -1;
        if (end < 0)
        {
            Fail<object>(RequirementFault.BadValue, start, "the closing '\"' is missing");
            return "";
        }

        string quoted = text[Position..end];
        Position = end + 1;
        if (quoted.Any(char.IsControl))
        {
            Fail<object>(RequirementFault.BadValue, start, "a text has no control characters");
        }

        return quoted;
    }

    public bool TryTake(char c)
    {
        SkipSpaces();
        if (Error is not null || Position >= text.Length || text[Position] != c)
        {
            return false;
        }

        Position++;
        return true;
    }

    public void Expect(char c, string otherwise)
    {
        if (!TryTake(c))
        {
            Fail<object>(RequirementFault.Unexpected, Position, otherwise);
        }
    }

    public T? Fail<T>(RequirementFault fault, int position, string what)
        where T : class
    {
        Error ??= new RequirementError(fault, position, string.Create(
            CultureInfo.InvariantCulture, $"At character {position + 1}: {what}."));
        return null;
    }

    private static bool IsOfName(char c, bool isFirst) =>
        char.IsAsciiLetter(c) || (!isFirst && (char.IsAsciiDigit(c) || c is '.' or '-' or '_'));

    private void SkipSpaces()
    {
        while (Error is null && Position < text.Length && text[Position] == ' ')
        {
            Position++;
        }
    }
}
