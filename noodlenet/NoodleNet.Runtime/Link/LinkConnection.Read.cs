using System.Buffers.Binary;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

internal sealed partial class LinkConnection
{
    private const int LeastDirect = 4096;

    private readonly TaskCompletionSource _readerIdle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _start;
    private int _end;
    private int _frameLeft;
    private bool _frameEnds;
    private uint _lateEnd;
    private LinkCall? _frameCall;
    private LinkCall? _directCall;
    private ReadOnlyMemory<byte> _payload;
    private bool _isCollecting;
    private LinkCall? _collected;

    /// <summary>Has a call run: on the reader's thread after its next read began, or on the thread pool.</summary>
    public void Schedule(LinkCall call)
    {
        if (!_isCollecting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
            return;
        }

        if (_collected is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_collected, preferLocal: false);
        }

        _collected = call;
    }

    /// <summary>Reads until the connection is over, or until another thread has taken over.</summary>
    private async Task ReadLoopAsync()
    {
        LinkCall? collected = null;
        try
        {
            while (true)
            {
                int count = await new ReadThenRun(_stream.ReadAsync(FindTarget()), collected, _turn);
                collected = null;
                if (count == 0 || !Take(count, out collected, out bool isWriterWanted))
                {
                    break;
                }

                if (collected is not null && _turn.IsQuick)
                {
                    if (!_turn.TryRun(collected))
                    {
                        return;
                    }

                    collected = null;
                }

                if (isWriterWanted)
                {
                    Pump();
                }
            }
        }
        catch (Exception error) // whatever breaks the reader ends its connection
        {
            if (!IsChannelError(error))
            {
                Log.LinkReaderFailed(Logger, Node.ShortName, error);
            }
        }

        try
        {
            EndReading(collected);
        }
        finally
        {
            _readerIdle.TrySetResult();
        }
    }

    private void EndReading(LinkCall? collected)
    {
        lock (Gate)
        {
            bool isDrained = _machine is { StreamCount: 0, IsOpen: false } && _ready.Task.IsCompleted;
            Handle(LinkInput.Fail(isDrained ? LinkFault.Drained : LinkFault.Reset));
            _lateEnd = 0;
            if (_frameLeft > 0)
            {
                _frameCall?.OnEnded(LinkStatus.ConnectionLost);
                _frameLeft = 0;
            }

            EndDirect();
            EndPayload();
        }

        if (collected is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(collected, preferLocal: false);
        }

        Pump();
    }

    /// <summary>Goes on reading where a thread is held up by application code.</summary>
    private void ReadOn()
    {
        Log.LinkReaderHeldUp(Logger, Node.ShortName);
        Pump(); // what the held up thread was about to
        _ = ReadLoopAsync(); // RunAsync awaits its end, whichever thread comes to it
    }

    /// <summary>The memory of a waiting body when a frame for it is under way, else the buffer.</summary>
    private Memory<byte> FindTarget()
    {
        lock (Gate)
        {
            if (_frameCall is { } call && _frameLeft >= LeastDirect && _start == _end
                && call.DirectTarget is { IsEmpty: false } target)
            {
                _directCall = call;
                call.IsReceiving = true;
                return target[..int.Min(target.Length, _frameLeft)];
            }

            if (_isClosed && _frameLeft == 0)
            {
                (_start, _end) = (0, 0); // draining: what still comes says nothing
            }
            else if (_start > 0)
            {
                _receiveBuffer.AsSpan(_start.._end).CopyTo(_receiveBuffer);
                (_start, _end) = (0, _end - _start);
            }

            return _receiveBuffer.AsMemory(_end);
        }
    }

    private bool Take(int count, out LinkCall? collected, out bool isWriterWanted)
    {
        lock (Gate)
        {
            _isCollecting = true;
            try
            {
                TakeAll(count);
            }
            finally
            {
                _isCollecting = false;
                collected = _collected;
                _collected = null;
            }

            isWriterWanted = !_isWriting && (_isClosed || _machine.HasFrames);
            return !_isClosed || IsGoodbye;
        }
    }

    private void TakeAll(int count)
    {
        if (_directCall is not null)
        {
            TakeDirect(count);
        }
        else
        {
            _end += count;
        }

        while ((!_isClosed || (IsGoodbye && _frameLeft > 0)) && TakeNext())
        {
        }

        if (_frameLeft > 0 || _start < _end)
        {
            Handle(LinkInput.Heard);
        }

        DrainReplaced();
    }

    private void TakeDirect(int count)
    {
        LinkCall call = _directCall!;
        call.OnReceivedDirectly(count);
        _frameLeft -= count;
        EndDirect();
        EndPayload();
    }

    private void EndDirect()
    {
        if (_directCall is { } call)
        {
            _directCall = null;
            call.IsReceiving = ReferenceEquals(call, _frameCall);
            call.TryRecycle();
        }
    }

    /// <summary>
    /// Takes one piece from the buffer: part of a payload, or a frame; false when more bytes are needed.
    /// </summary>
    private bool TakeNext()
    {
        ReadOnlyMemory<byte> bytes = _receiveBuffer.AsMemory(_start.._end);
        if (_frameLeft > 0)
        {
            int length = int.Min(_frameLeft, bytes.Length);
            _start += length;
            _frameLeft -= length;
            if (_frameCall is not null && length > 0)
            {
                _frameCall.OnReceived(bytes.Span[..length], _frameLeft);
            }

            EndPayload();
            return length > 0;
        }

        if (bytes.Length < LinkFrame.Size)
        {
            return false;
        }

        LinkFault fault = LinkFrame.Read(bytes.Span, out LinkFrame frame);
        bool isWhole = frame.Type != LinkFrameType.Data && LinkFrame.IsKnown(frame.Type);
        if (fault != LinkFault.None)
        {
            Handle(LinkInput.Fail(fault));
            return false;
        }

        if (isWhole && bytes.Length < LinkFrame.Size + frame.Length)
        {
            return false;
        }

        _start += LinkFrame.Size + (isWhole ? frame.Length : 0);
        if (isWhole)
        {
            _payload = bytes.Slice(LinkFrame.Size, frame.Length);
            TakeWhole(frame);
        }
        else
        {
            TakeData(frame, isWhole: bytes.Length >= LinkFrame.Size + frame.Length);
        }

        return true;
    }

    /// <summary>The machine hears of an end when its last byte is here: until then deadlines hold.</summary>
    private void TakeData(in LinkFrame frame, bool isWhole)
    {
        bool isEndLate = frame.IsEnd && !isWhole;
        Handle(LinkInput.Received(isEndLate ? frame with { IsEnd = false } : frame));
        _lateEnd = isEndLate && _frameCall is not null ? frame.Stream : 0;
    }

    private void TakeWhole(in LinkFrame frame)
    {
        LinkFault fault = LinkFault.None;
        switch (frame.Type)
        {
            case LinkFrameType.Hello:
                fault = LinkHello.Read(_payload.Span, out NodeId node, out LinkSettings settings);
                fault = fault == LinkFault.None && node != Node ? LinkFault.WrongNode : fault;
                if (fault == LinkFault.None)
                {
                    Handle(LinkInput.Hello(settings));
                }

                break;
            case LinkFrameType.Open:
                fault = LinkOpen.Read(_payload.Span, out LinkOpen open);
                if (fault == LinkFault.None)
                {
                    Handle(LinkInput.Received(frame, open.BodyLength, open.Timeout, open.Priority));
                }

                break;
            case LinkFrameType.Head:
                fault = LinkHeadFrame.Read(_payload.Span, out LinkHeadFrame head);
                if (fault == LinkFault.None)
                {
                    Handle(LinkInput.Received(frame, head.BodyLength, null, LinkPriority.Normal));
                }

                break;
            default:
                Handle(LinkInput.Received(frame, BinaryPrimitives.ReadInt64BigEndian(_payload.Span)));
                break;
        }

        if (fault != LinkFault.None)
        {
            Handle(LinkInput.Fail(fault));
        }
    }

    private void PerformReceived(in LinkEffect effect)
    {
        switch (effect.Kind)
        {
            case LinkEffectKind.Incoming:
                TakeIncoming(effect);
                break;
            case LinkEffectKind.Answered when _calls[effect.Slot] is { } call:
                LinkHeadFrame.Read(_payload.Span, out LinkHeadFrame head);
                call.OnAnswered(head, effect.Frame.IsEnd);
                break;
            case LinkEffectKind.Receive:
                _frameCall = _calls[effect.Slot];
                (_frameLeft, _frameEnds) = (effect.Frame.Length, effect.Frame.IsEnd);
                if (_frameCall is not null)
                {
                    _frameCall.IsReceiving = true;
                }

                EndPayload();
                break;
            case LinkEffectKind.Discard:
                (_frameLeft, _frameEnds, _frameCall) = (effect.Frame.Length, false, null);
                break;
        }
    }

    private void TakeIncoming(in LinkEffect effect)
    {
        LinkCall call = Rent();
        Place(call, effect);
        LinkOpen.Read(_payload.Span, out LinkOpen open);
        Work.CountIncoming(1);
        if (Work.Incoming > 2 * _context.Options.Limits.MaxStreams)
        {
            CancelStream(call, LinkStatus.Busy); // as many cancelled calls as may be are still being handled
            call.Done();
            return;
        }

        if (!call.TryBeginIncoming(open, Now))
        {
            CancelStream(call, LinkStatus.Exhausted);
            call.Done();
            return;
        }

        if (effect.Frame.IsEnd)
        {
            call.OnReceivedAll();
        }
    }

    private void EndPayload()
    {
        if (_frameLeft > 0 || _frameCall is not { } call)
        {
            return;
        }

        _frameCall = null;
        call.IsReceiving = false;
        if (_lateEnd is var stream and not 0)
        {
            _lateEnd = 0;
            Handle(LinkInput.Received(new LinkFrame(LinkFrameType.Data, stream, 0, true)));
        }
        else if (_frameEnds && call.EndedBy is null)
        {
            call.OnReceivedAll();
        }

        call.TryRecycle();
    }
}
