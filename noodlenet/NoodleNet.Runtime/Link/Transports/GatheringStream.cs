using System.Buffers;
using System.Runtime.CompilerServices;

namespace NoodleNet.Runtime.Link.Transports;

/// <summary>Passes bytes through, but holds writes back while told so, to send many TLS records as one piece.</summary>
/// <remarks>
/// Meaning: SslStream writes each record of 16 KiB by itself. Four of them in one call of the system are a quarter of
/// the calls, and the peer wakes up for 64 KiB and not for 16.
/// Bound: 128 KiB are held at most, in pooled memory that is given back with each send.
/// One write at a time, as with any stream.
/// </remarks>
internal sealed class GatheringStream(Stream inner) : Stream
{
    private const int MostHeld = 128 * 1024;

    private byte[]? _held;
    private int _count;

    /// <summary>While set, writes are held back.</summary>
    public bool Holds { get; set; }

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => inner.CanWrite;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends what is held back.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendHeldAsync()
    {
        if (_held is { } held)
        {
            await inner.WriteAsync(held.AsMemory(0, _count)).ConfigureAwait(false);
            (_held, _count) = (null, 0); // after a failure the memory is left to the collector: it may still be read
            ArrayPool<byte>.Shared.Return(held);
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!Holds)
        {
            return inner.WriteAsync(buffer, cancellationToken);
        }

        return TryHold(buffer.Span) ? ValueTask.CompletedTask : SendThenWriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool TryHold(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > MostHeld)
        {
            return false;
        }

        _held ??= ArrayPool<byte>.Shared.Rent(MostHeld);
        bytes.CopyTo(_held.AsSpan(_count));
        _count += bytes.Length;
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendThenWriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await SendHeldAsync().ConfigureAwait(false);
        if (!TryHold(bytes.Span))
        {
            await inner.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        }
    }
}
