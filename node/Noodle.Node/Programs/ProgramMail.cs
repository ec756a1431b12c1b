using Noodle.Node.Talk;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Programs;

/// <summary>Brings tensors from programs on other nodes to those that run here.</summary>
/// <remarks>
/// Meaning: programs that belong together open a session of one name, each on its node; only then it takes messages.
/// They come over NoodleLink alone, from members whose role may run programs.
/// Bound: <see cref="MaxSessions"/> sessions, each as <see cref="ProgramNetwork"/> says.
/// Safe for several threads.
/// </remarks>
internal sealed class ProgramMail(
    NodeId self, IProgramPeers peers, Func<NodeId, bool> mayRun, IResourceAccount account, Func<string, bool> meets)
{
    public const int MaxSessions = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ProgramNetwork> _sessions = new(StringComparer.Ordinal);

    /// <summary>Begins to take messages of a session; dispose it when its program has ended.</summary>
    /// <param name="group">How many programs belong together, and which of them this one is.</param>
    /// <exception cref="InvalidOperationException">The session is open here already, or too many are.</exception>
    public ProgramNetwork Open(string session, (int Size, int Rank) group)
    {
        ArgumentException.ThrowIfNullOrEmpty(session);
        lock (_gate)
        {
            if (_sessions.Count >= MaxSessions || _sessions.ContainsKey(session))
            {
                throw new InvalidOperationException(_sessions.ContainsKey(session)
                    ? $"The session '{session}' is open on this node already."
                    : $"{MaxSessions} sessions are open on this node already.");
            }

            ProgramNetwork network = new(self, session, group, peers, account, meets, Close);
            _sessions.Add(session, network);
            return network;
        }
    }

    /// <summary>Serves <see cref="TalkIntents.ProgramSend"/>.</summary>
    public async ValueTask TakeAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        ProgramMessage message = ProgramMessage.Parser.ParseFrom(incoming.Header.Span);
        LinkStatus status = await TakeAsync(incoming, message, cancellation);
        await incoming.ReplyAsync(status, "", default, [], cancellation);
    }

    private async ValueTask<LinkStatus> TakeAsync(
        LinkIncoming incoming, ProgramMessage message, CancellationToken cancellation)
    {
        NodeId sender = incoming.Peer.Node;
        if (!mayRun(sender))
        {
            return LinkStatus.Refused;
        }

        if (Find(message.Session) is not { } network)
        {
            return LinkStatus.Unavailable;
        }

        using LinkBody body = await incoming.ReadBodyAsync(ProgramNetwork.MaxMessageBytes, cancellation);
        if (body.Status != LinkStatus.Ok)
        {
            return body.Status;
        }

        return TensorWire.Read(message.Tensors, body.Memory, out _) is { } tensors
            ? network.Deliver(sender, message.Channel, tensors)
            : LinkStatus.Refused;
    }

    private ProgramNetwork? Find(string session)
    {
        lock (_gate)
        {
            return _sessions.GetValueOrDefault(session);
        }
    }

    private void Close(ProgramNetwork network)
    {
        lock (_gate)
        {
            _sessions.Remove(network.Session);
        }
    }
}
