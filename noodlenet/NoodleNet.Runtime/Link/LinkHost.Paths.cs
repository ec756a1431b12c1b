using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Datagrams;
using NoodleNet.Runtime.Link.Datagrams;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Link;

/// <summary>QUIC beside TCP, and datagrams.</summary>
public sealed partial class LinkHost
{
    private QuicPort? _quic;

    /// <summary>Payloads of datagrams, raised on the thread that received them; it should not wait there.</summary>
    public event LinkDatagramReceiver? DatagramReceived
    {
        add => _paths.Datagrams.Received += value;
        remove => _paths.Datagrams.Received -= value;
    }

    /// <summary>True when this machine has the library that QUIC needs.</summary>
    public static bool IsQuicSupported =>
        (OperatingSystem.IsWindows() || OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        && QuicListener.IsSupported;

    internal LinkPaths Paths => _paths;

    /// <summary>Where this host takes QUIC; null when it does not.</summary>
    public IPEndPoint? QuicEndPoint { get; private set; }

    /// <summary>
    /// Listens for QUIC too, tells peers so, and dials it beside TCP where a peer has it and this node has the
    /// smaller id. Without the library, or when it cannot listen, it logs that once and the links go on over TCP.
    /// </summary>
    /// <param name="listen">A UDP port that nothing else uses, so not that of the mesh. If taken, or 0, any.</param>
    /// <returns>False when there is no QUIC.</returns>
    public async Task<bool> StartQuicAsync(IPEndPoint listen, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_quic is not null)
        {
            throw new InvalidOperationException("The link host listens for QUIC already.");
        }

        if (!IsQuicSupported)
        {
            Log.LinkQuicMissing(_context.Logger, "the library libmsquic is not found");
            return false;
        }

        if (!(OperatingSystem.IsWindows() || OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            || !await TryOpenQuicAsync(listen, cancellation).ConfigureAwait(false))
        {
            return false;
        }

        Log.LinkQuicListening(_context.Logger, QuicEndPoint!);
        _paths.OfferQuic(QuicEndPoint!.Port);
        return true;
    }

    /// <summary>Sends datagrams by this way from now on, and tells peers on which UDP port they are taken.</summary>
    /// <remarks>Use: with <see cref="TakeDatagram"/> called for what arrives there.</remarks>
    public void UseDatagrams(int port, LinkDatagramSender send)
    {
        ArgumentNullException.ThrowIfNull(send);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        _paths.Datagrams.Start(send);
        _paths.OfferDatagrams(port);
    }

    /// <summary>Takes a datagram that begins with <see cref="DatagramFrame.Marker"/>; never throws.</summary>
    /// <returns>None, or why it was dropped.</returns>
    public DatagramFault TakeDatagram(ReadOnlySpan<byte> datagram) => _paths.Datagrams.Take(datagram);

    /// <summary>Sends up to 1,200 bytes to a connected peer; they may be lost, and come in any order.</summary>
    /// <param name="isAtLeastOnce">
    /// True: sent again until the peer has answered, a bounded number of times, and delivered there once.
    /// </param>
    /// <returns>None when it was sent; TooLong, NoKey, TooFast or Full when it was not.</returns>
    public DatagramRefusal SendDatagram(NodeId node, ReadOnlySpan<byte> payload, bool isAtLeastOnce) =>
        _paths.FindDatagrams(node)?.Send(payload, isAtLeastOnce) ?? DatagramRefusal.NoKey;

    /// <summary>Sends up to 1,200 bytes to a connected peer; they may be lost. False when they were not sent.</summary>
    public bool TrySendDatagram(NodeId node, ReadOnlySpan<byte> payload) =>
        SendDatagram(node, payload, isAtLeastOnce: false) == DatagramRefusal.None;

    /// <summary>How a peer is reached and why; null when it is not connected.</summary>
    public LinkTransportStatus? DescribeTransport(NodeId node) => _paths.Describe(node);

    IReadOnlyList<LinkPeer> ILinkConnections.ListPeers()
    {
        lock (_gate)
        {
            return [.. _peers.Values];
        }
    }

    LinkConnection? ILinkConnections.FindStanding(LinkPeer peer, bool isQuic)
    {
        lock (_gate)
        {
            return _connections.FirstOrDefault(connection => ReferenceEquals(connection.Peer, peer)
                && connection.IsOpen && !connection.IsReplaced
                && connection.Kind == LinkTransportKind.Quic == isQuic);
        }
    }

    void ILinkConnections.Prefer(LinkPeer peer, LinkConnection connection)
    {
        lock (_gate)
        {
            if (connection.IsOpen && ReferenceEquals(connection.Peer, peer))
            {
                peer.Connection = connection;
            }
        }
    }

    async Task<LinkFault> ILinkConnections.TryDialQuicAsync(NodeId node, IPEndPoint address)
    {
        try
        {
            if (OperatingSystem.IsWindows() || OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            {
                await DialQuicAsync(node, address).ConfigureAwait(false);
                return LinkFault.None;
            }

            return LinkFault.Unreachable;
        }
        catch (LinkException error)
        {
            return error.Fault;
        }
    }

    void ILinkConnections.Own(Task task) => Own(task);

    [SupportedOSPlatform("windows")]
    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("osx")]
    private Task<LinkPeer> DialQuicAsync(NodeId node, IPEndPoint address) =>
        ConnectAsync(node, token => _dialer.OpenQuicAsync(node, address, token));

    [SupportedOSPlatform("windows")]
    [SupportedOSPlatform("linux")]
    [SupportedOSPlatform("osx")]
    private async Task<bool> TryOpenQuicAsync(IPEndPoint listen, CancellationToken cancellation)
    {
        var side = new QuicSide(_tls, _context.Options);
        string reason = "";
        foreach (IPEndPoint local in (IPEndPoint[])[listen, new IPEndPoint(listen.Address, 0)])
        {
            try
            {
                QuicPort port = await QuicPort.OpenAsync(side, local, _context, cancellation).ConfigureAwait(false);
                (_quic, QuicEndPoint) = (port, port.LocalEndPoint);
                Own(Detach(() => Task.Run(() => port.AcceptAllAsync(Own, ServeQuicAsync), CancellationToken.None)));
                return true;
            }
            catch (Exception error) when (error is not OperationCanceledException) // the port, or the library itself
            {
                reason = error.Message;
            }
        }

        Log.LinkQuicMissing(_context.Logger, reason);
        return false;
    }

    private async Task EndQuicAsync()
    {
        if (_quic is { } quic
            && (OperatingSystem.IsWindows() || OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()))
        {
            await quic.DisposeAsync().ConfigureAwait(false);
        }
    }
}
