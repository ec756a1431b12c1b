using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>Bytes in both directions with flow control. One reader and one writer at a time.</summary>
public sealed class LinkStream : IAsyncDisposable
{
    private readonly LinkCall _call;

    internal LinkStream(LinkCall call) => _call = call;

    private LinkConnection Connection => _call.Connection;

    /// <summary>Waits for the answer to a stream that this end opened.</summary>
    public ValueTask<LinkAnswer> ReadAnswerAsync(CancellationToken cancellation)
    {
        lock (Connection.Gate)
        {
            return _call.ReadAnswer(cancellation);
        }
    }

    /// <summary>Reads what there is, or waits for it. Cancelling only stops waiting.</summary>
    /// <exception cref="InvalidOperationException">A read is under way.</exception>
    public ValueTask<LinkRead> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        ValueTask<LinkRead> read;
        lock (Connection.Gate)
        {
            read = _call.Read(destination, cancellation);
        }

        Connection.Pump(); // credit for what was taken
        return read;
    }

    /// <summary>
    /// Writes all of <paramref name="source"/>; Ok, or how the stream broke. Cancelling breaks the stream.
    /// </summary>
    /// <exception cref="InvalidOperationException">This direction is complete, or a write is under way.</exception>
    public ValueTask<LinkStatus> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) =>
        SendAsync(source, isEnd: false, cancellation);

    /// <summary>Ends this direction; Ok, or how the stream broke.</summary>
    public ValueTask<LinkStatus> CompleteAsync(CancellationToken cancellation) =>
        SendAsync(default, isEnd: true, cancellation);

    /// <summary>Ends both directions at once; the other end sees <paramref name="status"/>.</summary>
    public void Cancel(LinkStatus status)
    {
        lock (Connection.Gate)
        {
            if (_call.EndedBy is null && _call.Slot >= 0)
            {
                Connection.CancelStream(_call, status == LinkStatus.Ok ? LinkStatus.Cancelled : status);
            }
        }

        Connection.Pump();
    }

    /// <summary>Cancels what has not ended.</summary>
    public ValueTask DisposeAsync()
    {
        Cancel(LinkStatus.Cancelled);
        lock (Connection.Gate)
        {
            if (_call.IsLocal)
            {
                _call.Done();
            }
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask<LinkStatus> SendAsync(ReadOnlyMemory<byte> source, bool isEnd, CancellationToken cancellation)
    {
        lock (Connection.Gate)
        {
            if (_call.IsEndQueued)
            {
                throw new InvalidOperationException("This direction of the stream is complete.");
            }

            if (_call.IsSending)
            {
                throw new InvalidOperationException("A write of this stream is under way: wait for it first.");
            }

            if (_call.EndedBy is { } status)
            {
                return new ValueTask<LinkStatus>(status);
            }

            if (_call.Slot < 0)
            {
                return new ValueTask<LinkStatus>(LinkStatus.Ok); // the other end took all it wanted
            }

            _call.QueueNext(source, isEnd);
        }

        Connection.Pump();
        lock (Connection.Gate)
        {
            return _call.WaitUntilSent(cancellation);
        }
    }
}
