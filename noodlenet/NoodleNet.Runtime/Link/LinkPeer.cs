using System.Net;
using NoodleNet.Link;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>A node that is connected: the same object from its first connection until none is left.</summary>
/// <remarks>
/// When both nodes dial at once, two connections stand for a moment; calls move to the one that stays.
/// </remarks>
public sealed class LinkPeer
{
    private volatile LinkConnection _connection;

    internal LinkPeer(LinkConnection connection) => _connection = connection;

    public NodeId Node => _connection.Node;

    public EndPoint Remote => _connection.Remote;

    /// <summary>What new calls go over.</summary>
    public LinkTransportKind Transport => _connection.Kind;

    /// <summary>True while calls can be made.</summary>
    public bool IsConnected => _connection.IsOpen;

    /// <summary>Smoothed round trip time of pings; zero until the first answer.</summary>
    public TimeSpan RoundTrip => _connection.RoundTrip.Smoothed;

    /// <summary>Smoothed deviation of the round trip time.</summary>
    public TimeSpan Jitter => _connection.RoundTrip.Jitter;

    /// <summary>Calls to this peer that are not finished.</summary>
    public int Outstanding => _connection.Outstanding;

    internal LinkConnection Connection
    {
        get => _connection;
        set => _connection = value;
    }

    /// <summary>Asks and waits for the whole answer. The reply is to be disposed of.</summary>
    /// <remarks>
    /// It does not return, not even by cancellation, while the memory of the request may still be read. What the
    /// peer or the network does is told by the status; a draining or lost peer gives Unavailable or ConnectionLost.
    /// </remarks>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public ValueTask<LinkReply> RequestAsync(LinkRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        LinkArguments.CheckHead(request.Head);
        LinkArguments.CheckHeader(request.Header);
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<LinkReply>(cancellation);
        }

        if (request.Head.Timeout <= TimeSpan.Zero)
        {
            return new ValueTask<LinkReply>(new LinkReply(LinkStatus.DeadlineExceeded)); // nothing is worth sending
        }

        var body = new BodyParts(request.Body);
        long length = body.GetLength();
        LinkConnection connection = _connection;
        while (true)
        {
            LinkStatus? refused;
            ValueTask<LinkReply> reply = default;
            lock (connection.Gate)
            {
                LinkCall call = connection.Rent();
                refused = connection.Open(call, request.Head, request.Header, length);
                if (refused is null)
                {
                    reply = call.WaitForReply(cancellation);
                    call.QueueBody(body);
                }
                else
                {
                    call.Done();
                }
            }

            if (refused is null)
            {
                connection.Pump();
                return reply;
            }

            if (ReferenceEquals(connection, _connection) || refused == LinkStatus.Busy)
            {
                return new ValueTask<LinkReply>(new LinkReply(refused.Value));
            }

            connection = _connection; // another connection took over meanwhile
        }
    }

    /// <summary>Opens a stream in both directions; refused only when the connection cannot take one more.</summary>
    /// <exception cref="LinkException">The peer drains, is lost, or as many streams as may be are open.</exception>
    public ValueTask<LinkStream> OpenStreamAsync(
        LinkHead head, ReadOnlyMemory<byte> header, CancellationToken cancellation)
    {
        LinkArguments.CheckHead(head);
        LinkArguments.CheckHeader(header);
        cancellation.ThrowIfCancellationRequested();
        LinkConnection connection = _connection;
        while (true)
        {
            LinkStatus? refused;
            LinkCall call;
            lock (connection.Gate)
            {
                call = connection.Rent();
                call.IsStream = true;
                refused = connection.Open(call, head, header.ToArray(), -1);
            }

            if (refused is null)
            {
                connection.Pump();
                return ValueTask.FromResult(new LinkStream(call));
            }

            if (ReferenceEquals(connection, _connection) || refused == LinkStatus.Busy)
            {
                LinkFault fault = refused == LinkStatus.Busy ? LinkFault.TooManyStreams : connection.Fault;
                throw new LinkException(fault,
                    $"No stream to {Node}: {refused}. Wait for others to end, or connect again.");
            }

            connection = _connection;
        }
    }
}
