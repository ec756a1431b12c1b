namespace NoodleNet.State;

/// <summary>Which of two entries of one key stays: the same on every node, in whatever order they arrive.</summary>
public enum MergeRule
{
    /// <summary>The later stamp stays; a deletion is a write like any other.</summary>
    LastWins,

    /// <summary>The earlier stamp stays, and nothing deletes it: what was said once holds.</summary>
    /// <remarks>Such keys may also use the part of the map that is kept free for them.</remarks>
    FirstWins,

    /// <summary>
    /// The greater of two numbers of 8 bytes stays, whenever it was written; a deletion stays above all of them.
    /// </summary>
    Greatest,
}

/// <summary>The merge rule of each key, by its prefix.</summary>
/// <remarks>
/// Meaning: part of the protocol. Nodes with different tables do not converge on the keys that they treat differently,
/// so that a prefix keeps its rule for ever. Of several prefixes that fit, the longest decides; without one it is
/// <see cref="MergeRule.LastWins"/>.
/// </remarks>
public sealed class MergeRules(params IEnumerable<(string Prefix, MergeRule Rule)> table)
{
    private readonly (string Prefix, MergeRule Rule)[] _table =
        [.. table.OrderByDescending(line => line.Prefix.Length).ThenBy(line => line.Prefix, StringComparer.Ordinal)];

    /// <summary>The last writer wins everywhere.</summary>
    public static MergeRules None { get; } = new();

    /// <summary>The prefixes that have a rule of their own, the longest first.</summary>
    public IReadOnlyList<(string Prefix, MergeRule Rule)> Table => _table;

    /// <summary>The rule of a key.</summary>
    public MergeRule Of(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        foreach ((string prefix, MergeRule rule) in _table)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return rule;
            }
        }

        return MergeRule.LastWins;
    }
}
