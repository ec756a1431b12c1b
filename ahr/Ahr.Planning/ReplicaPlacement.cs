using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>Which nodes should have a model: every node works out the same answer alone.</summary>
/// <remarks>
/// Meaning: rendezvous hashing. Each pair of model and node has a fixed weight; the heaviest nodes have the model. A
/// node that joins takes over only what it is heaviest for; when one leaves, only its own models move.
/// Source: Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous", 1996.
/// Cost: one SHA-256 of about 160 bytes for each node.
/// </remarks>
public static class ReplicaPlacement
{
    /// <summary>The nodes that should have the model, the heaviest first.</summary>
    /// <param name="digest">Of the model.</param>
    /// <param name="nodes">Alive nodes in any order; one named twice counts once.</param>
    /// <param name="replicas">How many are wanted; all nodes when there are fewer.</param>
    public static IReadOnlyList<NodeId> Rank(string digest, IReadOnlyCollection<NodeId> nodes, int replicas)
    {
        ArgumentNullException.ThrowIfNull(digest);
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        List<(ulong Weight, NodeId Node)> ranked = new(nodes.Count);
        foreach (NodeId node in nodes)
        {
            ranked.Add((Weigh(digest, node), node));
        }

        ranked.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Node.CompareTo(b.Node));
        List<NodeId> result = new(Math.Min(replicas, ranked.Count));
        foreach ((_, NodeId node) in ranked)
        {
            if (result.Count == replicas)
            {
                break;
            }

            if (result.Count == 0 || result[^1] != node)
            {
                result.Add(node);
            }
        }

        return result;
    }

    // A weight decides which machine stores what, on machines of different versions: it may never change.
    internal static ulong Weigh(string digest, NodeId node)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{digest}\n{node}"), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
