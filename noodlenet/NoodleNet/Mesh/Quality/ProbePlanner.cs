using Noodle.Primitives;

namespace NoodleNet.Mesh.Quality;

/// <summary>Chooses which peers are measured next, at a cost that does not grow with the mesh.</summary>
/// <remarks>
/// Meaning: a round takes place each second and names at most <see cref="PerRound"/> peers. Half of the places go to
/// neighbours, those measured longest ago first; the rest go round all others, never measured ones first. A peer is
/// measured at most every <see cref="Pause"/>. With N peers each one's turn comes at least every N / 2 seconds, or
/// every two seconds in a small mesh.
/// Bound: 4 probes a second from a node, and about as many to it, whatever the size; at most <c>capacity</c> peers.
/// Cost: about 100 bytes a peer; a round is four steps of O(log N).
/// </remarks>
public sealed class ProbePlanner(int capacity = NodeLoadTable.DefaultCapacity)
{
    /// <summary>Most probes of one round.</summary>
    public const int PerRound = 4;

    /// <summary>Most neighbours that are preferred; more are ordinary peers.</summary>
    public const int MostNeighbours = 16;

    /// <summary>Time from one round to the next.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Least time between two probes of one peer.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Dictionary<NodeId, Turn> _peers = [];
    private readonly SortedSet<Turn> _others = [];
    private readonly SortedSet<Turn> _neighbours = [];
    private long _order;

    public int Count => _peers.Count;

    /// <summary>Begins to measure a peer, as the very next of all; false when the table is full.</summary>
    public bool Add(NodeId peer)
    {
        if (_peers.ContainsKey(peer))
        {
            return true;
        }

        if (_peers.Count >= capacity)
        {
            return false;
        }

        var turn = new Turn(null, _order++, peer, false);
        _peers.Add(peer, turn);
        _others.Add(turn);
        return true;
    }

    /// <summary>Stops measuring a peer that is gone.</summary>
    public void Remove(NodeId peer)
    {
        if (_peers.Remove(peer, out Turn turn))
        {
            SetOf(turn).Remove(turn);
        }
    }

    /// <summary>Puts a peer in front: its connection broke, or what is known of it is stale.</summary>
    public void Hasten(NodeId peer)
    {
        if (_peers.TryGetValue(peer, out Turn turn))
        {
            Replace(turn, turn with { ProbedAt = null });
        }
    }

    /// <summary>Names the peers that matter most, at most <see cref="MostNeighbours"/>; unknown ones are passed
    /// over.</summary>
    public void SetNeighbours(IReadOnlyList<NodeId> neighbours)
    {
        ArgumentNullException.ThrowIfNull(neighbours);
        foreach (Turn turn in _neighbours.ToArray())
        {
            Replace(turn, turn with { IsNeighbour = false });
        }

        for (int i = 0; i < int.Min(neighbours.Count, MostNeighbours); i++)
        {
            if (_peers.TryGetValue(neighbours[i], out Turn turn))
            {
                Replace(turn, turn with { IsNeighbour = true });
            }
        }
    }

    /// <summary>The peers of this round; each counts as measured now.</summary>
    public IReadOnlyList<NodeId> TakeRound(Instant now)
    {
        var round = new List<NodeId>(PerRound);
        Take(_neighbours, PerRound / 2, round, now);
        Take(_others, PerRound - round.Count, round, now);
        Take(_neighbours, PerRound - round.Count, round, now);
        return round;
    }

    private void Take(SortedSet<Turn> from, int most, List<NodeId> round, Instant now)
    {
        for (int i = 0; i < most && from.Count > 0; i++)
        {
            Turn next = from.Min;
            if (next.ProbedAt is { } at && now.Since(at) < Pause)
            {
                return; // all others of the set were measured later still
            }

            Replace(next, next with { ProbedAt = now });
            round.Add(next.Peer);
        }
    }

    private void Replace(Turn old, Turn turn)
    {
        turn = turn with { Order = _order++ };
        SetOf(old).Remove(old);
        SetOf(turn).Add(turn);
        _peers[turn.Peer] = turn;
    }

    private SortedSet<Turn> SetOf(Turn turn) => turn.IsNeighbour ? _neighbours : _others;

    // The order is unique and breaks ties: those measured at the same time come in the order of their last turn.
    private readonly record struct Turn(Instant? ProbedAt, long Order, NodeId Peer, bool IsNeighbour)
        : IComparable<Turn>
    {
        public int CompareTo(Turn other)
        {
            int byTime = (ProbedAt?.Nanoseconds ?? long.MinValue).CompareTo(
                other.ProbedAt?.Nanoseconds ?? long.MinValue);
            return byTime != 0 ? byTime : Order.CompareTo(other.Order);
        }
    }
}
