using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Link.Calls;

/// <summary>The breakers of peers; when there are too many, the one that was used longest ago is forgotten.</summary>
/// <remarks>Bound: the given number of peers. Cost: about 200 bytes a peer.</remarks>
public sealed class BreakerTable(BreakerPolicy policy, int maxPeers)
{
    private readonly Dictionary<NodeId, LinkedListNode<(NodeId Node, PeerBreaker Breaker)>> _byNode = [];
    private readonly LinkedList<(NodeId Node, PeerBreaker Breaker)> _byUse = new(); // the last used comes last

    public int Count => _byNode.Count;

    /// <summary>The breaker of a peer, for use; made when it is not there.</summary>
    public PeerBreaker Use(NodeId node)
    {
        if (_byNode.TryGetValue(node, out LinkedListNode<(NodeId Node, PeerBreaker Breaker)>? entry))
        {
            _byUse.Remove(entry);
            _byUse.AddLast(entry);
            return entry.Value.Breaker;
        }

        if (_byNode.Count >= maxPeers)
        {
            _byNode.Remove(_byUse.First!.Value.Node);
            _byUse.RemoveFirst();
        }

        var breaker = new PeerBreaker(policy);
        _byNode[node] = _byUse.AddLast((node, breaker));
        return breaker;
    }

    /// <summary>Begins anew with a peer.</summary>
    public void Forget(NodeId node)
    {
        if (_byNode.Remove(node, out LinkedListNode<(NodeId Node, PeerBreaker Breaker)>? entry))
        {
            _byUse.Remove(entry);
        }
    }

    /// <summary>The breaker of a peer, to look at.</summary>
    public bool TryGet(NodeId node, [NotNullWhen(true)] out PeerBreaker? breaker)
    {
        bool isKnown = _byNode.TryGetValue(node, out LinkedListNode<(NodeId Node, PeerBreaker Breaker)>? entry);
        breaker = entry?.Value.Breaker;
        return isKnown;
    }
}
