using NoodleNet.Mesh.Topology;
using NoodleNet.Runtime.Mesh;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;

namespace Noodle.Node.Mesh.Topology;

/// <summary>Connects to a node that cannot be dialed through one that can.</summary>
/// <remarks>Bound: <see cref="MostTries"/> relays are asked, one after the other.</remarks>
internal sealed class RelayDialer(MeshTopology topology, RelayService relays, ILogger log)
{
    private const int MostTries = 3;

    /// <summary>True when a connection through a relay stands.</summary>
    public async Task<bool> TryConnectAsync(NodeId target, CancellationToken cancellation)
    {
        foreach (MeshPath path in topology.FindRelays(target, MostTries))
        {
            RelayOutcome outcome = await relays.ConnectAsync(target, path.Nodes[1], path.Relays, cancellation);
            if (outcome.Peer is not null)
            {
                return true;
            }

            Log.RelayFailed(log, target.ShortName, path.Nodes[1].ShortName, outcome.Fault, outcome.Detail);
        }

        return false;
    }

    /// <summary>Nodes that may lead on to a target, for streams of others.</summary>
    public static IReadOnlyList<NodeId> FindNext(MeshTopology topology, NodeId target) =>
        [.. topology.FindRelays(target, MostTries).Select(path => path.Nodes[1])];
}
