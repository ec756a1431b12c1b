using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Datagrams;
using NoodleNet.Link.Transports;
using NoodleNet.Runtime.Link.Datagrams;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>The ways to each connected peer: hands them over, measures them and puts calls on the better one.</summary>
/// <remarks>
/// Meaning: both nodes tell each other in one call over the first connection where they take QUIC and datagrams, and
/// the key for datagrams. A node that knows no such call is reached by TCP alone.
/// Bound: one entry a connected peer; one look at all of them a second; one dial and one call a peer.
/// </remarks>
internal sealed class LinkPaths : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HelloLimit = TimeSpan.FromSeconds(5);

    private readonly LinkContext _context;
    private readonly ILinkConnections _host;
    private readonly ConcurrentDictionary<NodeId, PeerPaths> _peers = new();
    private readonly Prng _prng = new(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong))));
    private readonly ITimer _timer;
    private ushort _quicPort;
    private ushort _datagramPort;
    private int _isLooking;

    public LinkPaths(LinkContext context, ILinkConnections host, DatagramHub datagrams)
    {
        (_context, _host, Datagrams) = (context, host, datagrams);
        _timer = context.Clock.Provider.CreateTimer(
            static paths => ((LinkPaths)paths!).LookAtAll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public DatagramHub Datagrams { get; }

    /// <summary>From now on peers are told that this node takes QUIC there.</summary>
    public void OfferQuic(int port)
    {
        _quicPort = (ushort)port;
        StartLooking();
        GreetAll();
    }

    /// <summary>From now on peers are told that this node takes datagrams there, and are sent a key.</summary>
    public void OfferDatagrams(int port)
    {
        _datagramPort = (ushort)port;
        GreetAll();
    }

    public LinkTransportStatus? Describe(NodeId node)
    {
        if (!_peers.TryGetValue(node, out PeerPaths? paths))
        {
            return null;
        }

        LinkConnection? tcp = _host.FindStanding(paths.Peer, isQuic: false);
        LinkConnection? quic = _host.FindStanding(paths.Peer, isQuic: true);
        lock (paths.Gate)
        {
            TransportVerdict verdict = paths.Choice.Verdict;
            return new LinkTransportStatus(
                paths.Peer.Connection.Kind, verdict.Reason, verdict.LastFailure, tcp?.RoundTrip.Smoothed,
                quic?.RoundTrip.Smoothed, paths.Datagrams?.IsOpen == true);
        }
    }

    public DatagramSession? FindDatagrams(NodeId node) =>
        _peers.TryGetValue(node, out PeerPaths? paths) ? paths.Datagrams : null;

    public void OnOpened(LinkConnection connection)
    {
        PeerPaths paths = Get(connection.Peer!);
        if (connection.Kind == LinkTransportKind.Quic)
        {
            StartLooking();
        }

        Look(paths, LinkFault.None);
        if (connection.IsFirst)
        {
            Greet(paths);
        }
        else if (connection.Kind is not (LinkTransportKind.Quic or LinkTransportKind.Relay))
        {
            paths.Datagrams?.RefuseKey(); // the peer may have come back from another address: offer a key there
            Greet(paths);
        }
    }

    public void OnClosed(LinkConnection connection, bool isLost)
    {
        if (connection.Peer is not { } peer || !_peers.TryGetValue(peer.Node, out PeerPaths? paths)
            || !ReferenceEquals(paths.Peer, peer))
        {
            return;
        }

        if (!isLost)
        {
            Look(paths, connection.Fault);
        }
        else if (_peers.TryRemove(new KeyValuePair<NodeId, PeerPaths>(peer.Node, paths)))
        {
            Forget(paths);
        }
    }

    /// <summary>Answers a peer that tells its ways.</summary>
    public async ValueTask AnswerAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        if (!PathHello.TryRead(incoming.Header.Span, out PathHello hello))
        {
            await incoming.ReplyAsync(LinkStatus.Refused, "not a hello", default, [], cancellation)
                .ConfigureAwait(false);
            return;
        }

        PeerPaths paths = Get(incoming.Peer);
        uint channel = hello.Key.IsEmpty || paths.Datagrams is not { } session ? 0 : session.TakeKey(hello.Key.Span);
        Learn(paths, hello);
        var answer = new PathHello(_quicPort, _datagramPort, paths.Session, channel, default);
        await incoming.ReplyAsync(LinkStatus.Ok, "", answer.Write(), [], cancellation).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _timer.Dispose();
        foreach (PeerPaths paths in _peers.Values)
        {
            Forget(paths);
        }
    }

    private void StartLooking()
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            _timer.Change(Period, Period);
        }
    }

    private static void Forget(PeerPaths paths)
    {
        lock (paths.Gate)
        {
            paths.Datagrams?.Dispose();
        }
    }

    /// <summary>What is known about a peer; of one that is lost nothing is kept.</summary>
    private PeerPaths Get(LinkPeer peer)
    {
        while (true)
        {
            PeerPaths paths = _peers.GetOrAdd(peer.Node, static (_, it) => it.self.Create(it.peer), (self: this, peer));
            bool isSame = ReferenceEquals(paths.Peer, peer);
            if (isSame && peer.IsConnected)
            {
                EnsureDatagrams(paths);
                return paths;
            }

            if (!isSame && !peer.IsConnected)
            {
                return Create(peer); // it came back as another one
            }

            _peers.TryRemove(new KeyValuePair<NodeId, PeerPaths>(peer.Node, paths));
            Forget(paths);
            if (isSame)
            {
                return paths;
            }
        }
    }

    private PeerPaths Create(LinkPeer peer)
    {
        lock (_prng)
        {
            ulong session = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
            bool isDialer = _context.Identity.Node < peer.Node;
            return new PeerPaths(peer, new TransportChoice(isDialer, new Prng(_prng.NextUInt64())), session);
        }
    }

    private void EnsureDatagrams(PeerPaths paths)
    {
        lock (paths.Gate)
        {
            if (_datagramPort != 0 && paths.Datagrams is null && AddressOf(paths.Peer) is not null)
            {
                paths.Datagrams = new DatagramSession(
                    _context, Datagrams, paths.Peer.Node,
                    session => _host.Own(Task.Run(() => OfferKeyAsync(paths, session))));
            }
        }
    }

    private void GreetAll()
    {
        foreach (LinkPeer peer in _host.ListPeers())
        {
            Greet(Get(peer));
        }
    }

    private void Greet(PeerPaths paths)
    {
        if (paths.Datagrams is { } datagrams)
        {
            datagrams.Wake(); // its key goes along with the ports
        }

        if (_quicPort != 0)
        {
            _host.Own(TellAsync(paths, default));
        }
    }

    private async Task OfferKeyAsync(PeerPaths paths, DatagramSession session)
    {
        byte[] key = RandomNumberGenerator.GetBytes(DatagramSealer.KeySize);
        (LinkStatus status, PathHello answer) = await TellAsync(paths, key).ConfigureAwait(false);
        if (status == LinkStatus.Ok && answer.Channel != 0 && AddressOf(paths.Peer) is { } address)
        {
            session.UseKey(answer.Channel, key, new IPEndPoint(address, answer.DatagramPort));
        }
        else if (status is not (LinkStatus.Ok or LinkStatus.UnknownMethod or LinkStatus.Refused))
        {
            session.RefuseKey();
        }

        // else the peer takes none: nothing is offered to it again unless it asks

        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>Tells the peer this node's ways, and learns its own.</summary>
    private async Task<(LinkStatus Status, PathHello Answer)> TellAsync(PeerPaths paths, ReadOnlyMemory<byte> key)
    {
        byte[] hello = new PathHello(_quicPort, _datagramPort, paths.Session, 0, key).Write();
        var request = new LinkRequest
        {
            Head = new LinkHead(PathHello.Method, HelloLimit, Priority: LinkPriority.High), Header = hello,
        };
        using LinkReply reply = await paths.Peer.RequestAsync(request, CancellationToken.None).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(hello);
        if (reply.Status != LinkStatus.Ok || !PathHello.TryRead(reply.Header.Span, out PathHello answer))
        {
            return (reply.Status, default);
        }

        Learn(paths, answer);
        return (LinkStatus.Ok, answer);
    }

    private void Learn(PeerPaths paths, in PathHello hello)
    {
        paths.Datagrams?.TakeSession(hello.Session);
        if (_quicPort != 0 && hello.QuicPort != 0 && AddressOf(paths.Peer) is { } address)
        {
            lock (paths.Gate)
            {
                paths.QuicAddress = new IPEndPoint(address, hello.QuicPort);
                paths.Choice.Handle(new TransportInput(TransportInputKind.Offered), _context.Clock.Now);
            }

            Look(paths, LinkFault.None);
        }
    }

    private void LookAtAll()
    {
        foreach (PeerPaths paths in _peers.Values)
        {
            Look(paths, LinkFault.None);
        }
    }

    /// <summary>Tells the choice what stands now, and does what it says.</summary>
    private void Look(PeerPaths paths, LinkFault fault)
    {
        LinkConnection? tcp = _host.FindStanding(paths.Peer, isQuic: false);
        LinkConnection? quic = _host.FindStanding(paths.Peer, isQuic: true);
        Instant now = _context.Clock.Now;
        lock (paths.Gate)
        {
            if ((quic is not null) != paths.HasQuic)
            {
                paths.HasQuic = quic is not null;
                paths.Choice.Handle(
                    paths.HasQuic ? new TransportInput(TransportInputKind.QuicOpened)
                        : new TransportInput(TransportInputKind.QuicLost, fault == 0 ? LinkFault.Reset : fault), now);
            }

            if ((tcp is not null) != paths.HasTcp)
            {
                paths.HasTcp = tcp is not null;
                paths.Choice.Handle(
                    new TransportInput(paths.HasTcp ? TransportInputKind.TcpOpened : TransportInputKind.TcpLost), now);
            }

            if (tcp is not null && quic is not null)
            {
                paths.Choice.Handle(
                    new TransportInput(
                        TransportInputKind.Measured, LinkFault.None, SettledOf(tcp), SettledOf(quic),
                        tcp.PingWait, quic.PingWait), now);
            }

            paths.Choice.HandleDeadline(now);
            while (paths.Choice.TryTakeEffect(out TransportEffect effect))
            {
                Perform(paths, effect, tcp, quic);
            }
        }
    }

    /// <summary>Where the peer itself is; null while only a relay reaches it.</summary>
    // QUIC listens for both families at once, and then writes IPv4 as IPv6; the sockets here have one family each.
    private static IPAddress? AddressOf(LinkPeer peer) =>
        peer.Transport == LinkTransportKind.Relay || peer.Remote is not IPEndPoint remote ? null
            : remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address;

    private static TimeSpan SettledOf(LinkConnection connection) =>
        connection.RoundTrip is { IsSettled: true } settled ? settled.Smoothed : TimeSpan.Zero;

    private void Perform(PeerPaths paths, TransportEffect effect, LinkConnection? tcp, LinkConnection? quic)
    {
        switch (effect)
        {
            case TransportEffect.DialQuic:
                _host.Own(Task.Run(() => DialAsync(paths, paths.QuicAddress!)));
                break;
            case TransportEffect.UseQuic:
                Prefer(paths, quic);
                break;
            case TransportEffect.UseTcp:
                Prefer(paths, tcp);
                break;
            case TransportEffect.CloseQuic when quic is not null:
                ThreadPool.UnsafeQueueUserWorkItem(
                    static blocked => blocked.Fail(LinkFault.PeerSilent), quic, preferLocal: false);
                break;
        }
    }

    private void Prefer(PeerPaths paths, LinkConnection? connection)
    {
        if (connection is not null)
        {
            _host.Prefer(paths.Peer, connection);
            TransportReason reason = paths.Choice.Verdict.Reason;
            Log.LinkTransportChanged(_context.Logger, paths.Peer.Node.ShortName, connection.Kind, reason);
        }
    }

    private async Task DialAsync(PeerPaths paths, IPEndPoint address)
    {
        LinkFault fault = await _host.TryDialQuicAsync(paths.Peer.Node, address).ConfigureAwait(false);
        Look(paths, LinkFault.None);
        lock (paths.Gate)
        {
            if (fault == LinkFault.None && paths.HasQuic)
            {
                return;
            }

            fault = fault == LinkFault.None ? LinkFault.Reset : fault; // it stood, but not until now
            paths.Choice.Handle(new TransportInput(TransportInputKind.DialFailed, fault), _context.Clock.Now);
        }

        Log.LinkQuicBlocked(_context.Logger, paths.Peer.Node.ShortName, address, fault);
    }
}
