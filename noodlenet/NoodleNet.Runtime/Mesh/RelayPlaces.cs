using Noodle.Primitives;

namespace NoodleNet.Runtime.Mesh;

/// <summary>Counts relayed streams, of each peer and in all. Safe for several threads.</summary>
internal sealed class RelayPlaces(int most, int mostOfOnePeer)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, int> _ofPeer = [];
    private int _count;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    public bool TryTake(NodeId peer)
    {
        lock (_gate)
        {
            int held = _ofPeer.GetValueOrDefault(peer);
            if (_count >= most || held >= mostOfOnePeer)
            {
                return false;
            }

            (_ofPeer[peer], _count) = (held + 1, _count + 1);
            return true;
        }
    }

    public void GiveBack(NodeId peer)
    {
        lock (_gate)
        {
            _count--;
            if (--_ofPeer[peer] == 0)
            {
                _ofPeer.Remove(peer);
            }
        }
    }
}
