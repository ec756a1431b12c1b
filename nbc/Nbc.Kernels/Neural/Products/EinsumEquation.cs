namespace Nbc.Kernels.Neural.Products;

/// <summary>An equation of Einsum, read once: a letter for each axis, "..." for the axes between.</summary>
internal sealed class EinsumEquation
{
    /// <summary>Stands for the axes of an ellipsis in <see cref="Terms"/> and <see cref="Output"/>.</summary>
    public const char Ellipsis = '.';

    public EinsumEquation(string text)
    {
        string plain = text.Replace(" ", "", StringComparison.Ordinal);
        int arrow = plain.IndexOf("->", StringComparison.Ordinal);
        string left = arrow < 0 ? plain : plain[..arrow];
        Terms = [.. left.Split(',').Select(term => Compact(term, text))];
        Output = arrow < 0 ? Implicit(Terms) : Compact(plain[(arrow + 2)..], text);
        if (Output.Where(letter => letter != Ellipsis).GroupBy(letter => letter).Any(group => group.Count() > 1)
            || Output.Any(letter => letter != Ellipsis && !Terms.Any(term => term.Contains(letter))))
        {
            throw Operand.Attribute("equation", text, "each letter of the output once, and in an operand");
        }

        Letters = string.Concat(Output.Where(letter => letter != Ellipsis)
            .Concat(Terms.SelectMany(term => term).Where(letter => letter != Ellipsis && !Output.Contains(letter))
                .Distinct().Order()));
    }

    public string[] Terms { get; }

    public string Output { get; }

    /// <summary>Letters of the output, the ellipsis not counted.</summary>
    public int OutputLetters => Output.Length - (Output.Contains(Ellipsis) ? 1 : 0);

    /// <summary>Every letter once, those of the output first, in its order.</summary>
    public string Letters { get; }

    // One sign for an ellipsis, so that a term is a list of characters.
    private static string Compact(string term, string text)
    {
        string compact = term.Replace("...", ".", StringComparison.Ordinal);
        int hidden = compact.Contains(Ellipsis) ? 2 : 0;
        return compact.Length + hidden == term.Length && compact.Count(letter => letter == Ellipsis) <= 1
            && compact.All(letter => letter == Ellipsis || char.IsAsciiLetter(letter))
            ? compact
            : throw Operand.Attribute("equation", text, "letters, commas, one ... a term and one ->");
    }

    // Without an arrow: the ellipsis, then the letters that occur once, in order of the alphabet.
    private static string Implicit(string[] terms)
    {
        string all = string.Concat(terms);
        IEnumerable<char> once = all.Where(letter => letter != Ellipsis && all.Count(other => other == letter) == 1);
        return (all.Contains(Ellipsis) ? "." : "") + string.Concat(once.Order());
    }
}
