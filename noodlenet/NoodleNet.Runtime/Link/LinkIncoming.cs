using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>A call that a peer made; good until its handler returns.</summary>
public readonly struct LinkIncoming
{
    private readonly LinkCall _call;
    private readonly int _version;

    internal LinkIncoming(LinkCall call, int version) => (_call, _version) = (call, version);

    public LinkPeer Peer => Call.Connection.Peer!;

    /// <summary>What is asked; Timeout is the time that is left now.</summary>
    public LinkHead Head
    {
        get
        {
            LinkCall call = Call;
            return call.Deadline is not { } deadline ? call.Head
                : call.Head with { Timeout = TimeSpan.FromTicks(long.Max(0, (deadline - call.Connection.Now).Ticks)) };
        }
    }

    /// <summary>The same without the rest, for each call passes by here.</summary>
    internal string Method => Call.Head.Method;

    public ReadOnlyMemory<byte> Header => Call.PeerHeader;

    /// <summary>Length of the body when the peer said it.</summary>
    public long? BodyLength => Call.PeerLength < 0 ? null : Call.PeerLength;

    private LinkCall Call =>
        _call.Version == _version ? _call : throw new ObjectDisposedException(nameof(LinkIncoming));

    /// <summary>The whole body in one piece of pooled memory; look at its status first.</summary>
    /// <param name="maxBytes">A longer body is TooLarge: nothing more of it is taken.</param>
    public ValueTask<LinkBody> ReadBodyAsync(long maxBytes, CancellationToken cancellation)
    {
        LinkCall call = Call;
        ValueTask<LinkBody> body;
        lock (call.Connection.Gate)
        {
            body = call.ReadBody(maxBytes, cancellation);
        }

        if (!body.IsCompleted)
        {
            call.Connection.Pump(); // credit for the rest
        }

        return body;
    }

    /// <summary>Answers; returns when the memory of header and body is free again.</summary>
    /// <remarks>Does nothing when the call is over. Cancelling breaks the stream: the peer sees Cancelled.</remarks>
    /// <exception cref="InvalidOperationException">The call is answered already.</exception>
    public ValueTask ReplyAsync(
        LinkStatus status,
        string message,
        ReadOnlyMemory<byte> header,
        IReadOnlyList<ReadOnlyMemory<byte>> body,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(body);
        return ReplyAsync(status, message, header, new BodyParts(body), cancellation);
    }

    /// <summary>Answers with a body in one piece: the way without a list to allocate.</summary>
    /// <inheritdoc cref="ReplyAsync(LinkStatus, string, ReadOnlyMemory{byte}, IReadOnlyList{ReadOnlyMemory{byte}},
    /// CancellationToken)"/>
    public ValueTask ReplyAsync(
        LinkStatus status,
        string message,
        ReadOnlyMemory<byte> header,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellation) =>
        ReplyAsync(status, message, header, new BodyParts(body), cancellation);

    /// <summary>Answers Ok and goes on as a stream in both directions, until the handler returns.</summary>
    /// <exception cref="InvalidOperationException">The call is answered already.</exception>
    public LinkStream AcceptStream(ReadOnlyMemory<byte> header)
    {
        LinkArguments.CheckHeader(header);
        LinkCall call = Call;
        lock (call.Connection.Gate)
        {
            call.CheckNotReplied();
            call.IsStream = true;
            call.TryReply(LinkStatus.Ok, "", header.ToArray(), null);
        }

        call.Connection.Pump();
        return new LinkStream(call);
    }

    private ValueTask ReplyAsync(
        LinkStatus status,
        string message,
        ReadOnlyMemory<byte> header,
        in BodyParts body,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        LinkArguments.CheckHeader(header);
        LinkCall call = Call;
        lock (call.Connection.Gate)
        {
            call.CheckNotReplied();
            if (!call.TryReply(status, message, header, body))
            {
                return ValueTask.CompletedTask;
            }
        }

        call.Connection.Pump();
        lock (call.Connection.Gate)
        {
            return call.WaitUntilFree(cancellation);
        }
    }
}
