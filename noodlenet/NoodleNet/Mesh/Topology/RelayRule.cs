using Noodle.Primitives;
using NoodleNet.Talk;

namespace NoodleNet.Mesh.Topology;

/// <summary>Why a node does not pass a stream on. The numbers are on the wire and never change.</summary>
public enum RelayFault
{
    /// <summary>It passes it on, or is the target.</summary>
    None = 0,

    /// <summary>The request names no node, or its list is too long.</summary>
    Malformed = 1,

    /// <summary>This node does not reach the target either.</summary>
    NoPath = 2,

    /// <summary>It relays as many streams as it may, of this peer or in all.</summary>
    TooMany = 3,

    /// <summary>The request has passed this node before.</summary>
    Loop = 4,

    /// <summary>More nodes would be needed than the request allows.</summary>
    TooManyHops = 5,

    /// <summary>The target takes no connection now.</summary>
    NotAdopted = 6,

    /// <summary>The node that was asked did not answer, or speaks an older version.</summary>
    NoAnswer = 7,
}

/// <summary>A request to be passed on, read and found sound.</summary>
/// <param name="HopsLeft">How many more nodes may pass it on after this one.</param>
/// <param name="Seen">Nodes that it has passed, the asker first.</param>
public sealed record RelayRequest(NodeId Target, int HopsLeft, IReadOnlyList<NodeId> Seen);

/// <summary>What makes loops impossible: each node passes a request on at most once, and at most four nodes do.
/// </summary>
public static class RelayRule
{
    /// <summary>Reads a request that a peer sent.</summary>
    /// <param name="peer">Who sent it, by its certificate: the last one of the list.</param>
    public static RelayFault Read(RelayOpen open, NodeId self, NodeId peer, out RelayRequest? request)
    {
        ArgumentNullException.ThrowIfNull(open);
        request = null;
        if (!NodeId.TryParse(open.Target, out NodeId target) || open.Seen.Count is 0 or > PathFinder.MostRelays + 1)
        {
            return RelayFault.Malformed;
        }

        var seen = new List<NodeId>();
        foreach (string text in open.Seen)
        {
            if (!NodeId.TryParse(text, out NodeId node))
            {
                return RelayFault.Malformed;
            }

            seen.Add(node);
        }

        if (seen[^1] != peer || seen.Contains(target))
        {
            return RelayFault.Malformed;
        }

        if (seen.Contains(self))
        {
            return RelayFault.Loop;
        }

        int room = PathFinder.MostRelays - seen.Count;
        request = new RelayRequest(target, (int)long.Clamp(open.HopsLeft, 0, int.Max(room, 0)), seen);
        return target == self || seen.Count <= PathFinder.MostRelays ? RelayFault.None : RelayFault.TooManyHops;
    }

    /// <summary>What this node says to the next one.</summary>
    /// <param name="hopsLeft">For the node after this one.</param>
    public static RelayOpen Write(NodeId target, NodeId self, IReadOnlyList<NodeId> seen, int hopsLeft)
    {
        ArgumentNullException.ThrowIfNull(seen);
        var open = new RelayOpen { Target = target.ToString(), HopsLeft = (uint)int.Max(hopsLeft, 0) };
        open.Seen.AddRange(seen.Select(node => node.ToString()));
        open.Seen.Add(self.ToString());
        return open;
    }
}
