using System.IO.Pipelines;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>Two ends of a stream inside this process, each bounded like a socket's buffer.</summary>
internal sealed class MemoryDuplex(PipeReader reader, PipeWriter writer, TimeSpan delay = default) : Stream
{
    private readonly Stream _in = reader.AsStream();
    private readonly Stream _out = writer.AsStream();
    private TaskCompletionSource? _frozen;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <param name="delay">How much later the first end hears what the second one says.</param>
    public static (Stream A, Stream B) Pair(TimeSpan delay = default)
    {
        var bounds = new PipeOptions(pauseWriterThreshold: 256 << 10, resumeWriterThreshold: 128 << 10,
            useSynchronizationContext: false);
        Pipe there = new(bounds), back = new(bounds);
        return (new MemoryDuplex(back.Reader, there.Writer, delay), new MemoryDuplex(there.Reader, back.Writer));
    }

    /// <summary>From now on nothing is heard at this end, and nothing says so.</summary>
    public void Freeze() => _frozen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await _in.ReadAsync(buffer, cancellationToken);
        if (_frozen is { } frozen)
        {
            await frozen.Task.WaitAsync(cancellationToken);
        }

        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, cancellationToken); // a slow line, not a wait for something
        }

        return count;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        FlushResult flushed = await writer.WriteAsync(buffer, cancellationToken);
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new IOException("The other end is closed.");
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => _out.FlushAsync(cancellationToken);

    public override void Flush() => _out.Flush();

    public override int Read(byte[] buffer, int offset, int count) => _in.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _out.Write(buffer, offset, count);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _frozen?.TrySetResult();
            reader.CancelPendingRead();
            reader.Complete();
            writer.CancelPendingFlush();
            writer.Complete();
        }

        base.Dispose(disposing);
    }
}
