using System.Net;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>What one connection runs over: bytes both ways, to a peer whose certificate was accepted.</summary>
/// <remarks>Its owner writes one thing at a time and reads one thing at a time; it ends by disposing of it.</remarks>
internal abstract class LinkTransport(Stream stream, LinkTransportKind kind, EndPoint remote) : IAsyncDisposable
{
    public Stream Stream { get; } = stream;

    public LinkTransportKind Kind { get; } = kind;

    public EndPoint Remote { get; } = remote;

    /// <summary>Writes; what comes with <paramref name="isMore"/> may be held back until a write without it.</summary>
    public virtual ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool isMore) => Stream.WriteAsync(bytes);

    /// <summary>Says that no more is written: the peer reads an end, and may still write.</summary>
    public abstract Task CompleteWritesAsync();

    public virtual ValueTask DisposeAsync() => Stream.DisposeAsync();
}
