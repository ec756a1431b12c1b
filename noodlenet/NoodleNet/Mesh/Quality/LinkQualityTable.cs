using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Mesh.Quality;

/// <summary>The quality of the way to every peer that was measured.</summary>
/// <remarks>Bound: at most <c>capacity</c> peers; one more is refused until a peer is removed.</remarks>
public sealed class LinkQualityTable(int capacity = NodeLoadTable.DefaultCapacity)
{
    private readonly Dictionary<NodeId, LinkQuality> _peers = [];

    public int Count => _peers.Count;

    /// <summary>The estimate of a peer, made with its first measurement; null when the table is full.</summary>
    public LinkQuality? GetOrAdd(NodeId peer, Instant now)
    {
        if (_peers.TryGetValue(peer, out LinkQuality? known))
        {
            return known;
        }

        if (_peers.Count >= capacity)
        {
            return null;
        }

        return _peers[peer] = new LinkQuality(now);
    }

    public bool TryGet(NodeId peer, [NotNullWhen(true)] out LinkQuality? quality) =>
        _peers.TryGetValue(peer, out quality);

    public bool Remove(NodeId peer) => _peers.Remove(peer);
}
