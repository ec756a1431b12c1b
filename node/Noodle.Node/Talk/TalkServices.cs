using Ahr.Runtime;
using Noodle.Node.Health;
using Noodle.Node.Mesh;
using Noodle.Node.Programs;
using Noodle.Node.Trust;
using Noodle.Node.Mesh.Topology;
using NoodleNet.Runtime.Mesh;

namespace Noodle.Node.Talk;

/// <summary>What <see cref="TalkHandler"/> serves from.</summary>
internal sealed class TalkServices
{
    public required ModelHost Models { get; init; }

    public required ModelStore Store { get; init; }

    public required ContentHandler Content { get; init; }

    public required DuplicateCalls Duplicates { get; init; }

    public required ClusterState State { get; init; }

    public required StatusExchange Status { get; init; }

    public required TrustTalk Trust { get; init; }

    public required MeshTopology Topology { get; init; }

    public required RelayService Relays { get; init; }

    public required NodeHealth Health { get; init; }

    public required ProgramMail Programs { get; init; }

    /// <summary>Largest body of a call.</summary>
    public required long MaxRequestBytes { get; init; }

    /// <summary>Largest body of cluster state.</summary>
    public required long MaxStateBytes { get; init; }

    /// <summary>Fires when the node stops.</summary>
    public required CancellationToken Stopping { get; init; }
}
