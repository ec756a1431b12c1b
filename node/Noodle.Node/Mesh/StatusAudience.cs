using Noodle.Primitives;

namespace Noodle.Node.Mesh;

/// <summary>Chooses whom the status of a second goes to, so that its cost does not grow with the mesh.</summary>
/// <remarks>
/// Meaning: up to <see cref="All"/> peers all of them; in a larger mesh <see cref="Some"/>, by chance, and each peer
/// once in a round, so that nobody waits longer than two rounds. At 200 peers a round takes 13 turns.
/// Cost: an entry a peer. Not safe for several threads at once.
/// </remarks>
internal sealed class StatusAudience(Prng chance)
{
    /// <summary>Largest number of peers that all get every status.</summary>
    public const int All = 32;

    /// <summary>How many get one in a larger mesh.</summary>
    public const int Some = 16;

    private readonly HashSet<NodeId> _had = [];

    /// <summary>Those whose turn it is.</summary>
    public IReadOnlyList<NodeId> Next(IReadOnlyList<NodeId> peers)
    {
        if (peers.Count <= All)
        {
            _had.Clear();
            return peers;
        }

        NodeId[] waiting = [.. peers.Where(peer => !_had.Contains(peer))];
        chance.Shuffle<NodeId>(waiting);
        List<NodeId> chosen = [.. waiting.Take(Some)];
        if (waiting.Length <= Some)
        {
            _had.Clear(); // the round is over; those who close it begin the next
        }

        _had.UnionWith(chosen);
        return chosen;
    }
}
