using System.Text;
using Ahr.Runtime;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Node.Health;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Mesh;

/// <summary>Tells every peer what this node has loaded and how busy it is, and keeps cluster state the same
/// everywhere.</summary>
/// <remarks>
/// Meaning: a status goes out when a model's state changes, and at least once a second. It carries a summary of
/// the cluster state; a receiver that holds something else compares buckets with the sender and both send what the
/// other lacks.
/// Bound: one status, one push and one comparison under way a peer; each at most <see cref="s_patience"/>.
/// </remarks>
internal sealed class StatusExchange(MeshPeers peers, ClusterState state, ModelHost models, TimeProvider time,
    ILogger log, NodeHealth health)
{
    private const int MaxReasonBytes = 16 * 1024; // all reasons of a status together: it must fit into one header
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(20); // joins changes that come in one burst
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly PeerTasks _sending = new("status to a peer", log);
    private readonly PeerTasks _pushing = new("state to a peer", log);
    private readonly PeerTasks _comparing = new("comparison with a peer", log);
    private readonly ulong _life = (ulong)time.GetUtcNow().Ticks;
    private ulong _sequence;
    private volatile bool _draining;

    /// <summary>True from the moment this node is told to stop: it takes no new calls from others.</summary>
    public bool Draining
    {
        get => _draining;
        set => _draining = value;
    }

    /// <summary>Epoch of the gossip ring in use.</summary>
    public Func<uint> GossipEpoch { get; set; } = static () => 0;
    /// <summary>Raised with a status before it goes out, to put more into it.</summary>
    public event Action<NodeStatus>? Composing;

    /// <summary>Raised with every status of another node.</summary>
    public event Action<NodeId, NodeStatus>? Told;

    /// <summary>Sends statuses until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        void Push(ReadOnlyMemory<byte> entries) => PushToAll(entries, cancellation);
        void Greet(LinkPeer peer) => Send(peer, cancellation);

        state.Written += Push;
        peers.Connected += Greet;
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                Task change = models.Changes.Next;
                SendToAll(cancellation);
                await Task.Delay(s_shortest, time, cancellation);
                await Task.WhenAny(change, Task.Delay(s_period, time, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
        finally
        {
            state.Written -= Push;
            peers.Connected -= Greet;
            await Task.WhenAll(_sending.CloseAsync(), _pushing.CloseAsync(), _comparing.CloseAsync());
        }
    }

    /// <summary>Sends the status now, without waiting for the next change.</summary>
    public void SendToAll(CancellationToken cancellation)
    {
        foreach (LinkPeer peer in peers.ListConnected())
        {
            Send(peer, cancellation);
        }
    }

    /// <summary>Takes a peer's status, and asks for its cluster state when that differs.</summary>
    public void Take(LinkPeer from, NodeStatus status, CancellationToken cancellation)
    {
        peers.NoteStatus(from.Node, status);
        Told?.Invoke(from.Node, status);
        if (Differs())
        {
            _comparing.Start(from.Node, () => Differs() ? CompareAsync(from, cancellation) : Task.CompletedTask);
        }

        bool Differs() => !status.StateDigest.Span.SequenceEqual(state.Summary.Span);
    }

    internal byte[] Compose()
    {
        var status = new NodeStatus
        {
            Sequence = Interlocked.Increment(ref _sequence),
            Incarnation = _life,
            InFlight = (uint)models.InFlight,
            Draining = Draining,
            GossipEpoch = GossipEpoch(),
            StateDigest = ByteString.CopyFrom(state.Summary.Span),
        };
        health.Fill(status);
        int room = MaxReasonBytes;
        foreach (ModelStatus model in models.List())
        {
            room -= Encoding.UTF8.GetByteCount(model.Reason);
            status.Replicas.Add(new ReplicaStatus
            {
                Digest = model.Digest,
                State = (ReplicaState)model.State,
                InFlight = (uint)model.InFlight,
                Served = (ulong)model.Served,
                ServiceTimeUs = (ulong)model.ServiceMicroseconds,
                Reason = room >= 0 ? model.Reason : "",
            });
        }

        Composing?.Invoke(status);
        return status.ToByteArray();
    }

    // Composed when its turn comes: what changes while one is under way goes out with the next.
    private void Send(LinkPeer peer, CancellationToken cancellation) =>
        _sending.Start(peer.Node, () =>
        {
            byte[] status = Compose();
            (long askedUs, long asked) = (health.ClockUs, time.GetTimestamp());
            return AskAsync(peer, TalkIntents.Status, status, [], cancellation,
                reply => health.NoteAnswer(peer.Node, askedUs, asked, reply.Header));
        });

    private void PushToAll(ReadOnlyMemory<byte> entries, CancellationToken cancellation)
    {
        foreach (LinkPeer peer in peers.ListConnected())
        {
            // A push that fails or is overtaken is made good by the comparison that the next status sets off.
            _pushing.Start(peer.Node, () =>
                AskAsync(peer, TalkIntents.StatePush, new StateEntries().ToByteArray(), [entries], cancellation));
        }
    }

    private async Task CompareAsync(LinkPeer peer, CancellationToken cancellation)
    {
        var ask = new StateDigest { Digest = ByteString.CopyFrom(state.GetDigest()) };
        ulong buckets = 0;
        await AskAsync(peer, TalkIntents.State, ask.ToByteArray(), [], cancellation, reply =>
        {
            try
            {
                buckets = StateEntries.Parser.ParseFrom(reply.Header.Span).Buckets;
                if (!state.TryMerge(reply.Body, peer.Node))
                {
                    Log.BadState(log, peer.Node.ShortName);
                }
            }
            catch (InvalidProtocolBufferException)
            {
                Log.BadState(log, peer.Node.ShortName);
            }
        });
        if (buckets != 0)
        {
            var push = new StateEntries { Buckets = buckets };
            await AskAsync(peer, TalkIntents.StatePush, push.ToByteArray(), [state.EntriesIn(buckets)], cancellation);
        }
    }

    private async Task AskAsync(
        LinkPeer peer,
        string intent,
        byte[] header,
        ReadOnlyMemory<byte>[] body,
        CancellationToken cancellation,
        Action<LinkReply>? read = null)
    {
        var request = new LinkRequest
        {
            Head = new LinkHead(intent, s_patience, Priority: LinkPriority.High),
            Header = header,
            Body = body,
        };
        try
        {
            using LinkReply reply = await peer.RequestAsync(request, cancellation);
            if (reply.Status == LinkStatus.Ok)
            {
                read?.Invoke(reply);
            }
            else
            {
                Log.ExchangeFailed(log, intent, peer.Node.ShortName, reply.Status);
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }}
