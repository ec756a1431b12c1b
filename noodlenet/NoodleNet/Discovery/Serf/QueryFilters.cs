using System.Text.RegularExpressions;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>Decides whether a question is meant for this node.</summary>
/// <remarks>
/// Bound: <see cref="MaxFilters"/> a question; expressions of <see cref="MaxExpressionLength"/> characters with one
/// counted repetition, matched without backtracking, so in time linear in the tag; so many a second in all. What is
/// beyond that, unknown or broken does not match, and the question is not for us.
/// </remarks>
internal static class QueryFilters
{
    public const byte Nodes = 0, Tag = 1;
    public const int MaxFilters = 16;
    public const int MaxExpressionLength = 128;

    /// <param name="meta">Our own.</param>
    public static bool Match(
        IReadOnlyList<ReadOnlyMemory<byte>> filters, string self, ReadOnlySpan<byte> meta, RateBudget expressions,
        Instant now)
    {
        foreach (ReadOnlyMemory<byte> filter in filters)
        {
            bool fits = filter.Span switch
            {
                [Nodes, .. var body] => NamesUs(body, self),
                [Tag, .. var body] => expressions.TryTake(now) && TagFits(body, meta),
                _ => false,
            };
            if (!fits)
            {
                return false;
            }
        }

        return true;
    }

    private static bool NamesUs(ReadOnlySpan<byte> body, string self)
    {
        var reader = new MsgpackReader(body);
        bool found = false;
        for (long count = reader.ReadArrayHeader(); count > 0 && reader.IsSound; count--)
        {
            found |= reader.ReadName(MessageDecoder.MaxNameBytes) == self;
        }

        return found && reader.IsSound;
    }

    private static bool TagFits(ReadOnlySpan<byte> body, ReadOnlySpan<byte> meta)
    {
        var reader = new MsgpackReader(body);
        string tag = "", expression = "";
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            switch (reader.ReadRaw())
            {
                case var k when k.SequenceEqual("Tag"u8): tag = reader.ReadText(NodeTags.MaxBytes); break;
                case var k when k.SequenceEqual("Expr"u8): expression = reader.ReadText(4 * MaxExpressionLength); break;
                default: reader.Skip(); break;
            }
        }

        return reader.IsSound && Fits(expression, NodeTags.Decode(meta).GetValueOrDefault(tag, ""));
    }

    /// <summary>True when the expression is one that we evaluate, and finds something in the value.</summary>
    public static bool Fits(string expression, string value)
    {
        // Repetitions inside each other multiply what has to be built before anything is matched.
        if (expression.Length > MaxExpressionLength || expression.Count(c => c == '{') > 1)
        {
            return false;
        }

        try
        {
            return Regex.IsMatch(value, expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            return false; // the library tells only this way that an expression is none
        }
    }
}
