using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>The way back to nodes that failed, kept longer than the members themselves.</summary>
/// <remarks>
/// Meaning: after a long partition each side has forgotten the other; one push/pull over the way back joins them.
/// Bound: the given capacity, the oldest makes room; each is kept for <see cref="Retention"/>.
/// </remarks>
internal sealed class LostPeers(int capacity)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);
    private readonly List<(string Name, IPEndPoint EndPoint, Instant Since)> _peers = [];

    public int Count => _peers.Count;

    public void Add(string name, IPEndPoint endpoint, Instant now)
    {
        Remove(name);
        if (_peers.Count >= capacity)
        {
            _peers.RemoveAt(0);
        }

        _peers.Add((name, endpoint, now));
    }

    public void Remove(string name)
    {
        int at = _peers.FindIndex(peer => peer.Name == name);
        if (at >= 0)
        {
            _peers.RemoveAt(at);
        }
    }

    /// <summary>One of them at random, so seldom that the whole mesh tries about once in an interval.</summary>
    public IPEndPoint? Pick(Prng chance, int present, Instant now)
    {
        _peers.RemoveAll(peer => now - peer.Since > Retention);
        return _peers.Count != 0 && chance.NextBool((double)_peers.Count / (_peers.Count + Math.Max(0, present - 1)))
            ? _peers[chance.Next(_peers.Count)].EndPoint
            : null;
    }
}
