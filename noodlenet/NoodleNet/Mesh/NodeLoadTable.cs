using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;
using NoodleNet.Talk;

namespace NoodleNet.Mesh;

/// <summary>What one node last said about itself.</summary>
/// <param name="Status">The message.</param>
/// <param name="InFlight">Calls that it works on: from the status, or from an answer that came later.</param>
/// <param name="At">When the newer of the two arrived.</param>
public sealed record NodeLoad(NodeStatus Status, uint InFlight, Instant At);

/// <summary>The newest status of every node, as told by the nodes themselves.</summary>
/// <remarks>
/// Bound: at most <c>capacity</c> nodes; one more is refused until a node is removed.
/// Cost: one dictionary entry and one message a node.
/// </remarks>
public sealed class NodeLoadTable(int capacity = NodeLoadTable.DefaultCapacity)
{
    /// <summary>Nodes that a table holds when nothing else is said.</summary>
    public const int DefaultCapacity = 20_000;

    private readonly Dictionary<NodeId, NodeLoad> _nodes = [];

    public int Count => _nodes.Count;

    /// <summary>Takes a status unless a newer one of the same life is known.</summary>
    /// <returns>False when it is old, or when the table is full.</returns>
    public bool TryUpdate(NodeId node, NodeStatus status, Instant now)
    {
        ArgumentNullException.ThrowIfNull(status);
        if (_nodes.TryGetValue(node, out NodeLoad? known))
        {
            if (known.Status.Incarnation == status.Incarnation && status.Sequence <= known.Status.Sequence)
            {
                return false;
            }
        }
        else if (_nodes.Count >= capacity)
        {
            return false;
        }

        _nodes[node] = new NodeLoad(status, status.InFlight, now);
        return true;
    }

    /// <summary>Corrects the load with what an answer carried, which is fresher than any status.</summary>
    public void UpdateInFlight(NodeId node, uint inFlight, Instant now)
    {
        if (_nodes.TryGetValue(node, out NodeLoad? known))
        {
            _nodes[node] = known with { InFlight = inFlight, At = now };
        }
    }

    public bool TryGet(NodeId node, [NotNullWhen(true)] out NodeLoad? load) => _nodes.TryGetValue(node, out load);

    /// <summary>Forgets a node that is gone.</summary>
    public bool Remove(NodeId node) => _nodes.Remove(node);
}
