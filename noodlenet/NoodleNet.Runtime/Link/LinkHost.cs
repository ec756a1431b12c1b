using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link.Datagrams;
using NoodleNet.Runtime.Link.Transports;

namespace NoodleNet.Runtime.Link;

/// <summary>The link of one node: it listens, dials, and keeps one connection to each peer.</summary>
/// <remarks>
/// Use: <see cref="StartAsync"/> for a port of its own, or <see cref="TryAdopt"/> for connections of a shared one;
/// <see cref="AdoptAsync"/> and <see cref="ConnectOverAsync(Stream, NodeId, LinkTransportKind, EndPoint,
/// CancellationToken)"/> for a duplex of any kind, such as a relay.
/// Meaning: when two nodes dial each other at once, the connection dialed by the smaller node id stays; the other
/// takes no new calls and ends when those it carries are finished. Of two dialed by the same node the newer stays.
/// QUIC stands beside TCP; a direct connection wins over a relay.
/// Bound: MaxConnections, handshakes included, of which MaxHandshakes are of strangers; of one peer four connections
/// of each kind stand at once. Each one asks the account for a socket and its three buffers.
/// </remarks>
public sealed partial class LinkHost : ILinkConnections, IAsyncDisposable
{
    // To read, to write, to send; the pool rounds MaxFrame up to a power of two.
    private const int ConnectionBytes = 3 * 128 * 1024;

    private readonly LinkContext _context;
    private readonly LinkTls _tls;
    private readonly LinkDialer _dialer;
    private readonly LinkPaths _paths;
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, LinkPeer> _peers = [];
    private readonly Dictionary<NodeId, Task<LinkPeer>> _dials = [];
    private readonly HashSet<LinkConnection> _connections = [];
    private readonly HashSet<Task> _tasks = [];
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _listener;
    private int _open;
    private int _handshakes;
    private bool _isDraining;
    private bool _isDisposed;

    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public LinkHost(
        LinkOptions options,
        ILinkIdentity identity,
        ILinkHandler handler,
        IResourceAccount account,
        ILogger<LinkHost> log,
        TimeProvider time,
        IReadOnlyList<ISideProtocol> sideProtocols)
    {
        ArgumentNullException.ThrowIfNull(options);
        IReadOnlyList<string> faults = options.FindFaults();
        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults), nameof(options));
        }

        var own = new PathsHandler(handler);
        _context = new LinkContext(options, identity, own, account, log, new HostClock(time));
        _tls = new LinkTls(identity, sideProtocols);
        _dialer = new LinkDialer(_tls, options, _context.Clock);
        own.Paths = _paths = new LinkPaths(_context, this, new DatagramHub(options.Datagrams, log));
    }

    /// <summary>A peer can be called. Raised on a thread of the pool.</summary>
    public event Action<LinkPeer>? PeerConnected;

    /// <summary>A peer cannot be called any more. Drained is a goodbye, not a loss.</summary>
    public event Action<LinkPeer, LinkFault>? PeerLost;

    /// <exception cref="InvalidOperationException">The host does not listen.</exception>
    public IPEndPoint LocalEndPoint => (IPEndPoint?)_listener?.LocalEndPoint
        ?? throw new InvalidOperationException("The link host is not started.");

    /// <summary>Listens for peers; port 0 takes any free one.</summary>
    /// <exception cref="LinkException">The address or port is taken or not on this machine.</exception>
    /// <exception cref="InvalidOperationException">It listens already.</exception>
    public Task StartAsync(IPEndPoint listen, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(listen);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_listener is not null)
        {
            throw new InvalidOperationException("The link host listens already.");
        }

        cancellation.ThrowIfCancellationRequested();
        var listener = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(listen);
            listener.Listen();
        }
        catch (SocketException error)
        {
            listener.Dispose();
            throw new LinkException(
                LinkFault.AddressInUse,
                $"Cannot listen on {listen}: {error.Message}. Choose another port, or stop the program that uses it.",
                error);
        }

        _listener = listener;
        Log.LinkListening(_context.Logger, listener.LocalEndPoint!.ToString()!);
        Own(Detach(() => Task.Run(() => AcceptAsync(listener), CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <summary>Serves a connection that somebody else accepted: several protocols can share one port.</summary>
    /// <returns>False when this host drains or has ended; the caller then closes the socket.</returns>
    public bool TryAdopt(Socket accepted)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        lock (_gate)
        {
            if (_isDraining)
            {
                return false;
            }

            Own(Detach(() => Task.Run(() => ServeAsync(accepted))));
            return true;
        }
    }

    /// <summary>The living connection to a node, or a new one. Concurrent callers share one dial.</summary>
    /// <exception cref="LinkException">The node cannot be reached there, or another one answers.</exception>
    public ValueTask<LinkPeer> ConnectAsync(NodeId node, IPEndPoint address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        Task<LinkPeer>? dial;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_peers.TryGetValue(node, out LinkPeer? peer) && peer.IsConnected)
            {
                return ValueTask.FromResult(peer);
            }

            if (!_dials.TryGetValue(node, out dial))
            {
                dial = Detach(() => Task.Run(() => DialAsync(node, address), CancellationToken.None));
                _dials[node] = dial;
            }
        }

        return new ValueTask<LinkPeer>(dial.WaitAsync(cancellation));
    }

    /// <summary>Serves a peer that came over a duplex of any kind, as the server of the TLS handshake.</summary>
    /// <remarks>The duplex is disposed of with the connection. A stranger ends its own connection only.</remarks>
    /// <returns>Completes, and never fails, when the connection has ended.</returns>
    public Task AdoptAsync(Stream duplex, LinkTransportKind kind, EndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(duplex);
        ArgumentNullException.ThrowIfNull(remote);
        lock (_gate)
        {
            Task serving = _isDraining
                ? duplex.DisposeAsync().AsTask()
                : Detach(() => Task.Run(() => ServeAsync(duplex, kind, remote)));
            Own(serving);
            return serving;
        }
    }

    /// <summary>Connects to a node over a duplex of any kind, as the client of the TLS handshake.</summary>
    /// <remarks>
    /// The duplex is disposed of with the connection, or when this fails. Where another connection to the node stands,
    /// the rule of this class decides which stays: a direct one wins over a relay.
    /// </remarks>
    /// <exception cref="LinkException">The node there is another one, or does not accept this one.</exception>
    public async ValueTask<LinkPeer> ConnectOverAsync(
        Stream duplex, NodeId expected, LinkTransportKind kind, EndPoint remote, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(duplex);
        ArgumentNullException.ThrowIfNull(remote);
        Task<LinkPeer> dial;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            dial = Detach(() => Task.Run(
                () => ConnectOverAsync(duplex, expected, kind, remote), CancellationToken.None));
            Own(dial.ContinueWith(
                static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.None,
                TaskScheduler.Default));
        }

        return await dial.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public bool TryGetPeer(NodeId node, [NotNullWhen(true)] out LinkPeer? peer)
    {
        lock (_gate)
        {
            return _peers.TryGetValue(node, out peer);
        }
    }

    /// <summary>
    /// Takes and opens no more calls, lets those in flight finish, and ends what is left after the limit.
    /// </summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        LinkConnection[] connections;
        lock (_gate)
        {
            _isDraining = true;
            connections = [.. _connections];
        }

        _listener?.Dispose();
        foreach (LinkConnection connection in connections)
        {
            connection.Drain();
        }

        Task ended = Task.WhenAll(connections.Select(connection => connection.Ended));
        await Task.WhenAny(ended, Task.Delay(limit, _context.Clock.Provider)).ConfigureAwait(false);
        foreach (LinkConnection connection in connections)
        {
            connection.Fail(LinkFault.Closed);
        }

        await ended.ConfigureAwait(false);
    }

    /// <summary>Ends every connection and waits until all is given back.</summary>
    public async ValueTask DisposeAsync()
    {
        LinkConnection[] connections;
        lock (_gate)
        {
            if (_isDisposed)
            {
                return;
            }

            (_isDisposed, _isDraining) = (true, true);
            connections = [.. _connections];
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        await EndQuicAsync().ConfigureAwait(false);
        _paths.Dispose();
        foreach (LinkConnection connection in connections)
        {
            connection.Fail(LinkFault.Closed);
        }

        while (TakeTasks() is { Length: > 0 } tasks)
        {
            await Task.WhenAll(tasks).ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    /// <summary>A connection outlives the caller who opened it: none of the caller's context goes along.</summary>
    private static T Detach<T>(Func<T> start)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return start();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return start();
        }
    }

    /// <summary>Keeps a task, which never fails, until it ends.</summary>
    private void Own(Task task)
    {
        lock (_gate)
        {
            _tasks.RemoveWhere(static task => task.IsCompleted);
            _tasks.Add(task);
        }
    }

    private Task[] TakeTasks()
    {
        lock (_gate)
        {
            Task[] tasks = [.. _tasks.Concat(_dials.Values.Select(static dial => dial.ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)))];
            _tasks.Clear();
            return tasks;
        }
    }

    private bool TryTakePlace(bool isStranger, out LinkFault fault)
    {
        lock (_gate)
        {
            fault = _isDraining ? LinkFault.Closed
                : _open >= _context.Options.MaxConnections ? LinkFault.TooManyConnections
                : isStranger && _handshakes >= _context.Options.MaxHandshakes ? LinkFault.TooManyConnections
                : LinkFault.None;
            if (fault != LinkFault.None)
            {
                return false;
            }

            _open++;
            _handshakes += isStranger ? 1 : 0;
        }

        if (_context.Account.TryReserve(ResourceKind.Sockets, 1))
        {
            if (_context.Account.TryReserve(ResourceKind.Memory, ConnectionBytes))
            {
                return true;
            }

            _context.Account.Release(ResourceKind.Sockets, 1);
        }

        fault = LinkFault.OutOfResources;
        lock (_gate)
        {
            _open--;
            _handshakes -= isStranger ? 1 : 0;
        }

        return false;
    }

    private void GivePlaceBack()
    {
        lock (_gate)
        {
            _open--;
        }

        _context.Account.Release(ResourceKind.Memory, ConnectionBytes);
        _context.Account.Release(ResourceKind.Sockets, 1);
    }

    private void Raise<T>(T? subscribers, Action<T> raise)
        where T : Delegate
    {
        foreach (T subscriber in Delegate.EnumerateInvocationList(subscribers))
        {
            try
            {
                raise(subscriber);
            }
            catch (Exception error) // a subscriber's fault is neither the link's nor that of the next one
            {
                Log.LinkSubscriberFailed(_context.Logger, error);
            }
        }
    }
}
