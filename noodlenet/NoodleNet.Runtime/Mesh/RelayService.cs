using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Mesh.Topology;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace NoodleNet.Runtime.Mesh;

/// <param name="Peer">The connected target; null when no relay led there.</param>
/// <param name="Detail">One sentence for a log.</param>
public sealed record RelayOutcome(RelayFault Fault, LinkPeer? Peer, string Detail);

/// <summary>Reaches nodes through others, and passes streams on for others.</summary>
/// <remarks>
/// Meaning: A opens a stream to R and names B; R opens one to B and passes bytes both ways. Over it A and B run TLS and
/// NoodleLink with their own certificates: R sees ciphertext, and can only pass it on or not.
/// Bound: see <see cref="RelayOptions"/>; at most four relays, none of them twice (<see cref="RelayRule"/>).
/// Safe for several threads.
/// </remarks>
public sealed class RelayService : IDisposable
{
    private const int MostTries = 2;

    private readonly LinkHost _link;
    private readonly NodeId _self;
    private readonly RelayOptions _options;
    private readonly IResourceAccount _account;
    private readonly Func<NodeId, IReadOnlyList<NodeId>> _findNext;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly RelayPlaces _places;
    private readonly CancellationTokenSource _stop = new();
    private long _refused;

    /// <param name="findNext">Nodes that may lead to a target which this node does not reach, the best first.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public RelayService(
        LinkHost link, NodeId self, RelayOptions options, IResourceAccount account,
        Func<NodeId, IReadOnlyList<NodeId>> findNext, ILogger<RelayService> log, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> faults = options.FindFaults();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        (_link, _self, _options, _account) = (link, self, options, account);
        (_findNext, _log, _time) = (findNext, log, time);
        _places = new RelayPlaces(options.Most, options.MostOfOnePeer);
    }

    /// <summary>Streams that pass through this node or end in it.</summary>
    public int Count => _places.Count;

    /// <summary>Requests that were refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Connects to a node through another one.</summary>
    /// <param name="relay">A connected node.</param>
    /// <param name="relays">Nodes between this one and the target: 1 to <see cref="PathFinder.MostRelays"/>.</param>
    public async Task<RelayOutcome> ConnectAsync(
        NodeId target, NodeId relay, int relays, CancellationToken cancellation)
    {
        RelayOpen open = RelayRule.Write(target, _self, [], int.Clamp(relays, 1, PathFinder.MostRelays) - 1);
        (RelayFault fault, LinkStream? stream) = await OpenAsync(relay, open, hops: 0, cancellation)
            .ConfigureAwait(false);
        if (stream is null)
        {
            return new RelayOutcome(fault, null, $"{relay.ShortName} does not relay to {target.ShortName}: {fault}.");
        }

        try
        {
            LinkPeer peer = await _link.ConnectOverAsync(
                new LinkDuplex(stream, _time), target, LinkTransportKind.Relay, new RelayEndPoint(relay), cancellation)
                .ConfigureAwait(false);
            Log.RelayConnected(_log, target.ShortName, relay.ShortName);
            return new RelayOutcome(RelayFault.None, peer, "");
        }
        catch (LinkException error)
        {
            return new RelayOutcome(RelayFault.NotAdopted, null, error.Message);
        }
    }

    /// <summary>Serves a request of a peer until its stream has ended.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is not in the form of <see cref="RelayOpen"/>.</exception>
    public async ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        NodeId peer = incoming.Peer.Node;
        RelayOpen open = RelayOpen.Parser.ParseFrom(incoming.Header.Span);
        RelayFault fault = RelayRule.Read(open, _self, peer, out RelayRequest? request);
        fault = fault == RelayFault.None && !_places.TryTake(peer) ? RelayFault.TooMany : fault;
        if (fault != RelayFault.None || request is null)
        {
            await RefuseAsync(incoming, peer, fault, cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            await (request.Target == _self
                ? AdoptAsync(incoming, peer, request)
                : PassOnAsync(incoming, peer, request, cancellation)).ConfigureAwait(false);
        }
        finally
        {
            _places.GiveBack(peer);
        }
    }

    /// <summary>Ends what passes through this node; connections that end in it go on.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private Task AdoptAsync(LinkIncoming incoming, NodeId peer, RelayRequest request)
    {
        byte[] answer = new RelayAnswer { Hops = (uint)(request.Seen.Count - 1) }.ToByteArray();
        LinkStream stream = incoming.AcceptStream(answer);
        return _link.AdoptAsync(new LinkDuplex(stream, _time), LinkTransportKind.Relay, new RelayEndPoint(peer));
    }

    private async Task PassOnAsync(
        LinkIncoming incoming, NodeId peer, RelayRequest request, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        RelayFault fault = RelayFault.NoPath;
        foreach (NodeId next in FindNext(request).Take(MostTries))
        {
            RelayOpen open = RelayRule.Write(request.Target, _self, request.Seen, request.HopsLeft - 1);
            (fault, LinkStream? onward) = await OpenAsync(next, open, request.Seen.Count, either.Token)
                .ConfigureAwait(false);
            if (onward is null)
            {
                continue;
            }

            await using (onward.ConfigureAwait(false))
            {
                await PumpAsync(incoming, peer, request, onward, either.Token).ConfigureAwait(false);
            }

            return;
        }

        await RefuseAsync(incoming, peer, fault, cancellation).ConfigureAwait(false);
    }

    private async Task PumpAsync(
        LinkIncoming incoming, NodeId peer, RelayRequest request, LinkStream onward, CancellationToken cancellation)
    {
        byte[] answer = new RelayAnswer { Hops = (uint)request.Seen.Count }.ToByteArray();
        await using LinkStream back = incoming.AcceptStream(answer);
        var pump = new RelayPump(_options, _account, _time);
        Log.RelayBegan(_log, peer.ShortName, request.Target.ShortName);
        if (!await pump.RunAsync(back, onward, cancellation).ConfigureAwait(false))
        {
            back.Cancel(LinkStatus.Exhausted);
        }

        Log.RelayEnded(_log, peer.ShortName, request.Target.ShortName, pump.Passed);
    }

    private IEnumerable<NodeId> FindNext(RelayRequest request)
    {
        if (_link.TryGetPeer(request.Target, out LinkPeer? target) && IsDirect(target))
        {
            return [request.Target];
        }

        return request.HopsLeft <= 0 ? [] : _findNext(request.Target).Where(node =>
            node != request.Target && !request.Seen.Contains(node) &&
            _link.TryGetPeer(node, out LinkPeer? next) && IsDirect(next));
    }

    private static bool IsDirect(LinkPeer peer) => peer.IsConnected && peer.Transport != LinkTransportKind.Relay;

    private async Task<(RelayFault Fault, LinkStream? Stream)> OpenAsync(
        NodeId next, RelayOpen open, int hops, CancellationToken cancellation)
    {
        if (!_link.TryGetPeer(next, out LinkPeer? peer) || !IsDirect(peer))
        {
            return (RelayFault.NoPath, null);
        }

        LinkStream? stream = null;
        using var limit = new CancellationTokenSource(_options.OpenLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var head = new LinkHead(TalkIntents.MeshRelay, Hops: hops);
            stream = await peer.OpenStreamAsync(head, open.ToByteArray(), either.Token).ConfigureAwait(false);
            LinkAnswer answer = await stream.ReadAnswerAsync(either.Token).ConfigureAwait(false);
            if (answer.Status == LinkStatus.Ok)
            {
                (LinkStream opened, stream) = (stream, null);
                return (RelayFault.None, opened);
            }

            return (Read(answer), null);
        }
        catch (Exception error) when (error is LinkException or OperationCanceledException)
        {
            return (RelayFault.NoAnswer, null);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static RelayFault Read(LinkAnswer answer)
    {
        try
        {
            var fault = (RelayFault)RelayAnswer.Parser.ParseFrom(answer.Header.Span).Refusal;
            return fault == RelayFault.None || !Enum.IsDefined(fault) ? RelayFault.NoAnswer : fault;
        }
        catch (InvalidProtocolBufferException)
        {
            return RelayFault.NoAnswer;
        }
    }

    private async Task RefuseAsync(
        LinkIncoming incoming, NodeId peer, RelayFault fault, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _refused);
        Log.RelayRefused(_log, peer.ShortName, fault);
        // What the node behind did not say, the asker is told as the nearest word that it knows.
        RelayFault told = fault == RelayFault.NoAnswer ? RelayFault.NoPath : fault;
        byte[] header = new RelayAnswer { Refusal = (RelayRefusal)told }.ToByteArray();
        await incoming.ReplyAsync(
            fault == RelayFault.Malformed ? LinkStatus.Refused : LinkStatus.Unavailable, "", header, [], cancellation)
            .ConfigureAwait(false);
    }
}
