using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

internal sealed partial class LinkConnection
{
    private readonly TaskCompletionSource _writerIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _onWritten;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _writing;
    private ReadOnlyMemory<byte> _direct;
    private LinkCall? _directSource;
    private bool _isWriting;
    private bool _isBuilding;
    private Instant _writeSince;

    /// <summary>How long the ping that is under way has waited for its answer.</summary>
    public TimeSpan PingWait
    {
        get
        {
            lock (Gate)
            {
                return _machine.PingOpenSince is { } since ? Now - since : TimeSpan.Zero;
            }
        }
    }

    /// <summary>Writes what the machine has to say, unless somebody does already. Never under the lock.</summary>
    public void Pump()
    {
        lock (Gate)
        {
            if (_isWriting)
            {
                return;
            }

            _isWriting = true;
        }

        WriteUntilIdle();
    }

    /// <summary>Writes here, or on another thread when this one holds the lock.</summary>
    public void PumpOrLeave()
    {
        if (Gate.IsHeldByCurrentThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Pump(), this, preferLocal: false);
        }
        else
        {
            Pump();
        }
    }

    private void WriteUntilIdle()
    {
        while (true)
        {
            try
            {
                ReadOnlyMemory<byte> bytes = NextWrite(out bool isMore);
                if (bytes.IsEmpty)
                {
                    return;
                }

                ValueTask write = _transport.WriteAsync(bytes, isMore);
                _writing = write.ConfigureAwait(false).GetAwaiter();
                if (!_writing.IsCompleted)
                {
                    _writing.UnsafeOnCompleted(_onWritten);
                    return;
                }

                _writing.GetResult();
            }
            catch (Exception error) // of the channel, or of the caller's memory: it may be disposed of too early
            {
                FailWriting(error);
            }
        }
    }

    private void OnWritten()
    {
        try
        {
            _writing.GetResult();
        }
        catch (Exception error) // as above
        {
            FailWriting(error);
        }

        WriteUntilIdle();
    }

    private void FailWriting(Exception error)
    {
        if (!IsChannelError(error) || _isBuilding)
        {
            Log.LinkWriterFailed(Logger, Node.ShortName, error);
        }

        lock (Gate)
        {
            (_direct, _isBuilding) = (default, false);
            Handle(LinkInput.Fail(LinkFault.Reset));
        }
    }

    /// <summary>The next bytes to write; empty when there are none, and then nobody is the writer any more.</summary>
    /// <param name="isMore">True when the next bytes are known to follow at once.</param>
    private ReadOnlyMemory<byte> NextWrite(out bool isMore)
    {
        lock (Gate)
        {
            isMore = false;
            if (!_direct.IsEmpty && (!_isClosed || IsGoodbye))
            {
                ReadOnlyMemory<byte> direct = _direct;
                (_direct, _writeSince) = (default, Now);
                return direct;
            }

            if (_directSource is { } source)
            {
                _directSource = null;
                _direct = default;
                source.OnDirectWritten();
            }

            int length = BuildBatch();
            if (length == 0)
            {
                _isWriting = false;
                if (_isClosed)
                {
                    _isWriting = true; // for ever: the stream is about to be disposed of
                    _writerIdle.TrySetResult();
                }
            }

            _writeSince = Now;
            isMore = !_direct.IsEmpty;
            return _sendBuffer.AsMemory(0, length);
        }
    }

    /// <summary>Ends the connection to a peer that is heard but takes none of our bytes. Under the lock.</summary>
    private void CheckWriter()
    {
        if (_isWriting && !_isClosed && Now - _writeSince >= _context.Options.Limits.SilenceLimit)
        {
            Handle(LinkInput.Fail(LinkFault.PeerSilent));
        }
    }

    private int BuildBatch()
    {
        int length = 0;
        _isBuilding = true;
        _machine.Handle(LinkInput.Room(LinkFrame.MaxFrame), Now);
        while (_directSource is null && _machine.TryTakeEffect(out LinkEffect effect))
        {
            if (effect.Kind == LinkEffectKind.Transmit)
            {
                length += WriteFrame(effect, _sendBuffer.AsSpan(length));
            }
            else
            {
                Perform(effect);
            }
        }

        _machine.Handle(LinkInput.Room(0), Now);
        _isBuilding = false;
        PerformAll();
        return length;
    }

    private int WriteFrame(in LinkEffect effect, Span<byte> destination)
    {
        LinkFrame frame = effect.Frame;
        frame.Write(destination);
        Span<byte> payload = destination[LinkFrame.Size..];
        LinkCall? call = effect.Slot >= 0 ? _calls[effect.Slot] : null;
        switch (frame.Type)
        {
            case LinkFrameType.Hello:
                LinkHello.Write(payload, _context.Identity.Node, _context.Options.Limits);
                return LinkFrame.Size + frame.Length;
            case LinkFrameType.Open or LinkFrameType.Head:
                call!.WriteHead(payload);
                call.OnWritten(frame.IsEnd);
                return LinkFrame.Size + frame.Length;
            case LinkFrameType.Data:
                int copied = call!.WriteBody(payload, frame.Length, out _direct);
                _directSource = _direct.IsEmpty ? null : call;
                call.OnWritten(frame.IsEnd);
                return LinkFrame.Size + copied;
            default:
                BinaryPrimitives.WriteInt64BigEndian(payload, effect.Value);
                return LinkFrame.Size + frame.Length;
        }
    }

    /// <summary>Writes what is left and reads until the peer has nothing more to say.</summary>
    private async Task SayFarewellAsync()
    {
        try
        {
            await _writerIdle.Task.WaitAsync(FarewellLimit, _context.Clock.Provider).ConfigureAwait(false);
            // An end that closes with unread bytes resets the connection and may take our last frames with it.
            await _transport.CompleteWritesAsync().WaitAsync(FarewellLimit, _context.Clock.Provider)
                .ConfigureAwait(false);
            await _readerIdle.Task.WaitAsync(FarewellLimit, _context.Clock.Provider).ConfigureAwait(false);
        }
        catch (Exception error) when (IsChannelError(error) || error is TimeoutException)
        {
        }
    }

    private static bool IsChannelError(Exception error) => error is IOException or ObjectDisposedException
        or InvalidOperationException or System.Net.Sockets.SocketException or OperationCanceledException;
}
