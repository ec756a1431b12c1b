using Noodle.Primitives;

namespace Noodle.Node.Mesh;

/// <summary>Chooses whom the status of a second goes to, so that its cost does not grow with the mesh.</summary>
/// <remarks>
/// Meaning: up to <see cref="All"/> peers all of them when there is news, in a larger mesh <see cref="Some"/>; without
/// news <see cref="Few"/>. Those who do not all get it are drawn by chance, and each peer once in a round, so that
/// nobody waits longer than two rounds. At 200 peers a round with news takes 13 turns, one without 50.
/// Cost: an entry a peer. Not safe for several threads at once.
/// </remarks>
internal sealed class StatusAudience(Prng chance)
{
    /// <summary>Largest number of peers that all get every status that brings news.</summary>
    public const int All = 32;

    /// <summary>How many get one in a larger mesh.</summary>
    public const int Some = 16;

    /// <summary>How many get one that only says that nothing changed.</summary>
    public const int Few = 4;

    private readonly HashSet<NodeId> _had = [];

    /// <summary>Those whose turn it is.</summary>
    /// <param name="hasNews">True when the sender is busier or less busy than it last said.</param>
    public IReadOnlyList<NodeId> Next(IReadOnlyList<NodeId> peers, bool hasNews)
    {
        if (peers.Count <= (hasNews ? All : Few))
        {
            _had.Clear();
            return peers;
        }

        int most = hasNews ? Some : Few;
        NodeId[] waiting = [.. peers.Where(peer => !_had.Contains(peer))];
        chance.Shuffle<NodeId>(waiting);
        List<NodeId> chosen = [.. waiting.Take(most)];
        if (waiting.Length <= most)
        {
            _had.Clear(); // the round is over; those who close it begin the next
        }

        _had.UnionWith(chosen);
        return chosen;
    }
}
