using System.Net.Sockets;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Link;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;

namespace Noodle.Node.Mesh;

/// <summary>Hands to a <see cref="PeerWatch"/> what the data path and gossip see, and does what it decides.</summary>
/// <remarks>Safe for several threads.</remarks>
internal sealed class PeerJudge(GossipHost gossip)
{
    private const string Gone = "Its connection broke, its port refuses new ones, and it answers no probe.";

    private readonly Lock _gate = new();
    private readonly PeerWatch _watch = new();

    public void NoteConnected(NodeId node) => Note(node, PeerSign.Connected);

    /// <summary>A connection ended; a goodbye is no sign.</summary>
    public void NoteLost(NodeId node, LinkFault fault)
    {
        if (fault is not (LinkFault.Drained or LinkFault.Replaced or LinkFault.Closed))
        {
            Note(node, PeerSign.Broken);
        }
    }

    public void NoteNotReached(NodeId node, LinkException failure) => Note(node,
        IsRefusal(failure) ? PeerSign.Refused : PeerSign.NotReached);

    /// <summary>True when the machine is there and nothing listens at the port.</summary>
    public static bool IsRefusal(LinkException failure) =>
        failure.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    /// <summary>Takes what gossip says; what this class itself had said comes by here too.</summary>
    public void NoteChange(RegistryEvent change)
    {
        if (change.Entry is { } entry)
        {
            Note(entry.Node, change.Change switch
            {
                RegistryChange.Suspected => PeerSign.Silent,
                RegistryChange.Failed when !entry.Confirmed => PeerSign.Silent,
                RegistryChange.Failed or RegistryChange.Left or RegistryChange.Forgotten => PeerSign.Settled,
                RegistryChange.Updated when entry.State == NodeState.Failed => PeerSign.Settled,
                _ => PeerSign.Answers,
            });
        }
    }

    private void Note(NodeId node, PeerSign sign)
    {
        lock (_gate)
        {
            _watch.Handle(new PeerSignal(node, sign), gossip.Now);
            while (_watch.TryTakeEffect(out PeerEffect effect))
            {
                switch (effect.Verdict)
                {
                    case PeerVerdict.Probe: gossip.ReportConnectionLost(effect.Node); break;
                    case PeerVerdict.Failed: gossip.Judge(effect.Node, failed: true, Gone); break;
                    default: gossip.Judge(effect.Node, failed: false, ""); break;
                }
            }
        }
    }
}
