using System.Collections.Concurrent;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>How many calls this node has outstanding at each other node.</summary>
/// <remarks>Bound: nodes with calls outstanding; a counter is removed at zero.</remarks>
internal sealed class NodeCounters
{
    private readonly ConcurrentDictionary<NodeId, int> _counts = new();

    public int Get(NodeId node) => _counts.GetValueOrDefault(node);

    public void Increment(NodeId node) => _counts.AddOrUpdate(node, 1, static (_, count) => count + 1);

    public void Decrement(NodeId node)
    {
        int left = _counts.AddOrUpdate(node, 0, static (_, count) => count - 1);
        if (left == 0)
        {
            _counts.TryRemove(new KeyValuePair<NodeId, int>(node, 0)); // not when someone counted up since
        }
    }
}
