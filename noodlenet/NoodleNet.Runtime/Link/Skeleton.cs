using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Link;

#pragma warning disable CA1822, CA1801, CS0067, CA1065, IDE0060, CA1816
namespace NoodleNet.Runtime.Link;

public sealed class LinkHost : IAsyncDisposable
{
    public LinkHost(
        LinkOptions options,
        ILinkIdentity identity,
        ILinkHandler handler,
        IResourceAccount account,
        ILogger<LinkHost> log,
        TimeProvider time,
        IReadOnlyList<ISideProtocol> sideProtocols)
    {
    }

    public event Action<LinkPeer>? PeerConnected;

    public event Action<LinkPeer, LinkFault>? PeerLost;

    public IPEndPoint LocalEndPoint => throw new NotImplementedException();

    public Task StartAsync(IPEndPoint listen, CancellationToken cancellation) => throw new NotImplementedException();

    public ValueTask<LinkPeer> ConnectAsync(NodeId node, IPEndPoint address, CancellationToken cancellation) =>
        throw new NotImplementedException();

    public bool TryGetPeer(NodeId node, [NotNullWhen(true)] out LinkPeer? peer) => throw new NotImplementedException();

    public Task DrainAsync(TimeSpan limit) => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <summary>A node that is connected: the same object for as long as the connection lives.</summary>
public sealed class LinkPeer
{
    public NodeId Node => throw new NotImplementedException();

    public EndPoint Remote => throw new NotImplementedException();

    public bool IsConnected => throw new NotImplementedException();

    /// <summary>Smoothed round trip time; zero until the first answer.</summary>
    public TimeSpan RoundTrip => throw new NotImplementedException();

    /// <summary>Smoothed deviation of the round trip time.</summary>
    public TimeSpan Jitter => throw new NotImplementedException();

    /// <summary>Calls to this peer that are not finished.</summary>
    public int Outstanding => throw new NotImplementedException();

    public ValueTask<LinkReply> RequestAsync(LinkRequest request, CancellationToken cancellation) =>
        throw new NotImplementedException();

    public ValueTask<LinkStream> OpenStreamAsync(
        LinkHead head, ReadOnlyMemory<byte> header, CancellationToken cancellation) => throw new NotImplementedException();
}

/// <summary>The answer to a request; give it back by Dispose, after which its memory is somebody else's.</summary>
public readonly struct LinkReply : IDisposable
{
    public LinkStatus Status => throw new NotImplementedException();

    public string Message => throw new NotImplementedException();

    public ReadOnlyMemory<byte> Header => throw new NotImplementedException();

    public ReadOnlyMemory<byte> Body => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <summary>A call that a peer made.</summary>
public readonly struct LinkIncoming
{
    public LinkPeer Peer => throw new NotImplementedException();

    /// <summary>What is asked, with the time that is left.</summary>
    public LinkHead Head => throw new NotImplementedException();

    public ReadOnlyMemory<byte> Header => throw new NotImplementedException();

    /// <summary>Length of the body when the peer said it.</summary>
    public long? BodyLength => throw new NotImplementedException();

    /// <summary>The whole body in one piece of pooled memory; look at its status first.</summary>
    public ValueTask<LinkBody> ReadBodyAsync(long maxBytes, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Answers; returns when the memory of header and body is free again.</summary>
    public ValueTask ReplyAsync(
        LinkStatus status,
        string message,
        ReadOnlyMemory<byte> header,
        IReadOnlyList<ReadOnlyMemory<byte>> body,
        CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Answers Ok and goes on as a stream in both directions.</summary>
    public LinkStream AcceptStream(ReadOnlyMemory<byte> header) => throw new NotImplementedException();
}

/// <summary>A body in pooled memory.</summary>
public readonly struct LinkBody : IDisposable
{
    /// <summary>Ok, or why there is no body: TooLarge, Exhausted, Cancelled, DeadlineExceeded, ConnectionLost.</summary>
    public LinkStatus Status => throw new NotImplementedException();

    public ReadOnlyMemory<byte> Memory => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Bytes in both directions with flow control. One reader and one writer at a time.</summary>
public sealed class LinkStream : IAsyncDisposable
{
    /// <summary>Waits for the answer to the stream.</summary>
    public ValueTask<LinkAnswer> ReadAnswerAsync(CancellationToken cancellation) => throw new NotImplementedException();

    public ValueTask<LinkRead> ReadAsync(Memory<byte> destination, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Writes all of <paramref name="source"/>; Ok, or how the stream broke.</summary>
    public ValueTask<LinkStatus> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Ends this direction.</summary>
    public ValueTask<LinkStatus> CompleteAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Ends both directions at once; the other end sees <paramref name="status"/>.</summary>
    public void Cancel(LinkStatus status) => throw new NotImplementedException();

    /// <summary>Cancels what has not ended.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
