using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Mesh;

/// <summary>A stream of NoodleLink as .NET's <see cref="Stream"/>: what TLS needs to run inside it.</summary>
/// <remarks>
/// Meaning: a write returns when the other end has given credit for it, so a slow reader slows the writer down through
/// every relay between. A broken stream throws <see cref="IOException"/>. Reads and writes may run at once; of each,
/// one at a time, and a second write waits for the first. Synchronous calls are refused.
/// </remarks>
internal sealed class LinkDuplex(LinkStream stream, TimeProvider time) : Stream
{
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _writing = new(1, 1); // holds no handle: a late writer may still ask it
    private int _isDisposed;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        LinkRead read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return read.Status == LinkStatus.Ok ? read.Count : throw Broken(read.Status);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Volatile.Read(ref _isDisposed) != 0)
            {
                throw Broken(LinkStatus.Cancelled);
            }

            LinkStatus status = await stream.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (status != LinkStatus.Ok)
            {
                throw Broken(status);
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Says the end of what was written, for a second at most, and lets go of the stream.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            using var limit = new CancellationTokenSource(s_goodbye, time);
            try
            {
                await _writing.WaitAsync(limit.Token).ConfigureAwait(false);
                try
                {
                    await stream.CompleteAsync(limit.Token).ConfigureAwait(false);
                }
                finally
                {
                    _writing.Release();
                }
            }
            catch (OperationCanceledException)
            {
                // the other end takes nothing: it learns from the stream's end
            }

            await stream.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            stream.Cancel(LinkStatus.Cancelled);
        }

        base.Dispose(disposing);
    }

    private static IOException Broken(LinkStatus status) => new($"The relayed stream ended: {status}.");
}
