using System.Net;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>Rumours that came faster than they are worked through.</summary>
/// <remarks>
/// Meaning: that somebody is alive goes before all else, and the newest before the older: what is told again is newer.
/// Bound: <see cref="Depth"/> of each kind; a further one is lost, as on the way.
/// </remarks>
internal sealed class RumourBacklog
{
    /// <summary>memberlist's own depth.</summary>
    public const int Depth = 1024;

    private readonly Stack<(GossipMessage, IPEndPoint)> _alive = [];
    private readonly Stack<(GossipMessage, IPEndPoint)> _others = [];

    public bool IsEmpty => _alive.Count == 0 && _others.Count == 0;

    public bool TryPush(GossipMessage rumour, IPEndPoint from)
    {
        var stack = rumour is GossipMessage.Alive ? _alive : _others;
        if (stack.Count >= Depth)
        {
            return false;
        }

        stack.Push((rumour, from));
        return true;
    }

    public bool TryPop(out (GossipMessage Rumour, IPEndPoint From) next) =>
        _alive.TryPop(out next) || _others.TryPop(out next);
}
