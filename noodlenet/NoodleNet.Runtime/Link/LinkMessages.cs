using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>What is asked of a peer.</summary>
/// <param name="Method">Name of what is called, 1 to 64 bytes of UTF-8.</param>
/// <param name="Timeout">
/// Time left for the whole call, none when it is not above zero; null waits for as long as the connection lives.
/// </param>
/// <param name="IdempotencyKey">The same for each try of one piece of work; all zero for none.</param>
/// <param name="Hops">How many nodes have passed it on, 0 to 255.</param>
/// <param name="Priority">Which message is written first when several wait.</param>
/// <param name="TraceParent">W3C trace context, at most 64 ASCII characters.</param>
public readonly record struct LinkHead(
    string Method,
    TimeSpan? Timeout = null,
    Guid IdempotencyKey = default,
    int Hops = 0,
    LinkPriority Priority = LinkPriority.Normal,
    string? TraceParent = null);

/// <summary>One request: it may be sent any number of times, to any peer.</summary>
public sealed class LinkRequest
{
    public required LinkHead Head { get; init; }

    /// <summary>The message header, at most 64 KiB; copied when the request is made.</summary>
    public ReadOnlyMemory<byte> Header { get; init; }

    /// <summary>The parts of the body, written one after the other straight from this memory.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Body { get; init; } = [];
}

/// <summary>The answer to a stream: how it went, and the header of the answer.</summary>
public readonly record struct LinkAnswer(LinkStatus Status, string Message, ReadOnlyMemory<byte> Header);

/// <summary>
/// What a read brought. Count 0 with status Ok is the end; any other status says how the stream broke.
/// </summary>
public readonly record struct LinkRead(int Count, LinkStatus Status);

/// <summary>Serves the calls of peers.</summary>
public interface ILinkHandler
{
    /// <summary>Serves one call. It may run up to its first await on the thread that read the call.</summary>
    /// <remarks>
    /// Returning ends the call: without an answer it is answered <see cref="LinkStatus.Failed"/>, an exception
    /// likewise, and its text stays here. What <paramref name="incoming"/> gave is not to be used after that.
    /// </remarks>
    /// <param name="cancellation">Fires when the caller cancels, the deadline passes or the connection is lost.</param>
    ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation);
}
