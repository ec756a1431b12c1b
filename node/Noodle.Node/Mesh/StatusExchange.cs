using System.Text;
using Ahr.Runtime;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Node.Health;
using Noodle.Node.Talk;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;
using NoodleNet.Talk;

namespace Noodle.Node.Mesh;

/// <summary>Tells every peer what this node has loaded and how busy it is, and keeps cluster state the same
/// everywhere.</summary>
/// <remarks>
/// Meaning: a status goes to all when a model's state changes here, and once a second to those whom
/// <see cref="StatusAudience"/> names: many while calls come and go, few while nothing happens. It carries a summary of
/// the cluster state; a receiver that holds something else compares buckets with the sender and both send what the
/// other lacks. What is written here goes to all at once. What fails of cluster state is asked again within its time; a
/// status is not, for the next one overtakes it.
/// Bound: one status, one push and one comparison under way a peer, each at most <see cref="s_patience"/>; at most
/// <see cref="MaxComparisons"/> comparisons at once, the next status asks for the others.
/// </remarks>
internal sealed class StatusExchange(MeshPeers peers, ClusterState state, ModelHost models, TimeProvider time,
    ILogger log, NodeHealth health, LinkCaller caller)
{
    private const int MaxReasonBytes = 16 * 1024; // all reasons of a status together: it must fit into one header
    private const int MaxComparisons = 8;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_busyPeriod = TimeSpan.FromMilliseconds(200); // while calls come and go
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(20); // joins changes that come in one burst
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pushPatience = TimeSpan.FromSeconds(2);

    private readonly PeerTasks _sending = new("status to a peer", log);
    private readonly PeerTasks _pushing = new("state to a peer", log);
    private readonly PeerTasks _comparing = new("comparison with a peer", log);
    private readonly StatusAudience _audience = new(new Prng((ulong)time.GetTimestamp()));
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
            string told = "";
            (long at, int inFlight) = (0, 0);
            while (!cancellation.IsCancellationRequested)
            {
                Task change = models.Changes.Next;
                state.CollectTombstones();
                string news = Describe();
                TimeSpan silent = at == 0 ? s_period : time.GetElapsedTime(at);
                if (news != told)
                {
                    SendToAll(cancellation);
                    (told, at, inFlight) = (news, time.GetTimestamp(), models.InFlight);
                }
                else if (silent >= s_period || (silent >= s_busyPeriod && models.InFlight != inFlight))
                {
                    SendToAudience(models.InFlight != inFlight || IsFetching(), cancellation);
                    (at, inFlight) = (time.GetTimestamp(), models.InFlight);
                }

                // A node that holds no model cannot become busy without a change: it need not look so often.
                TimeSpan look = models.List().Count == 0 ? s_period : s_busyPeriod;
                await Task.WhenAny(change, Task.Delay(look, time, cancellation));
                if (change.IsCompleted)
                {
                    await Task.Delay(s_shortest, time, cancellation);
                }
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

    /// <summary>Waits until every connected peer has what was written here, but no longer than
    /// <see cref="s_pushPatience"/>: whoever does not answer gets it with the next comparison.</summary>
    public async Task UntilPushedAsync(CancellationToken cancellation) => await _pushing.WhenDoneAsync()
        .WaitAsync(s_pushPatience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

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
        if (Differs() && _comparing.Count < MaxComparisons)
        {
            _comparing.Start(from.Node, () => Differs() ? CompareAsync(from, cancellation) : Task.CompletedTask);
        }

        bool Differs() => !status.StateDigest.Span.SequenceEqual(state.Summary.Span);
    }

    // What peers are to know at once. Load and progress can wait for the next second.
    private string Describe() => string.Join(
        '\n', models.List().Select(model => $"{model.Key} {model.State} {model.Reason}")
            .Append($"{Draining} {GossipEpoch()}"));

    private bool IsFetching() => models.List().Any(model => model.State is ModelState.Fetching);

    private void SendToAudience(bool hasNews, CancellationToken cancellation)
    {
        NodeId[] connected = [.. peers.ListConnected().Select(peer => peer.Node)];
        foreach (NodeId node in _audience.Next(connected, hasNews))
        {
            if (peers.TryGetLink(node, out LinkPeer? peer))
            {
                Send(peer, cancellation);
            }
        }
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
            var replica = new ReplicaStatus
            {
                Digest = model.Digest,
                State = (ReplicaState)model.State,
                InFlight = (uint)model.InFlight,
                Served = (ulong)model.Served,
                ServiceTimeUs = (ulong)model.ServiceMicroseconds,
                Reason = room >= 0 ? model.Reason : "",
                FetchedBytes = model.Fetched.DoneBytes,
                TotalBytes = model.Fetched.TotalBytes,
                Backend = model.Backend,
            };
            room = EngineWire.Write(model.Engines, replica.Engines, room);
            status.Replicas.Add(replica);
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
            // A push that fails is made good by the comparison that the next status sets off.
            _pushing.Start(
                peer.Node,
                () => AskAsync(peer, TalkIntents.StatePush, new StateEntries().ToByteArray(), [entries], cancellation),
                forSeveral: () => CompareAsync(peer, cancellation));
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
            using LinkCallResult result = await caller.CallAsync(
                [peer.Node], request, isIdempotent: intent != TalkIntents.Status, cancellation);
            if (result is { Verdict: CallVerdict.Answered, Reply.Status: LinkStatus.Ok })
            {
                read?.Invoke(result.Reply);
            }
            else
            {
                Log.ExchangeFailed(log, intent, peer.Node.ShortName, result.Verdict, result.Reply.Status);
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }
}
