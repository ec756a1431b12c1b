using Noodle.Primitives;

namespace NoodleNet.Link;

public sealed partial class LinkMachine
{
    private void TakeFrame(in LinkInput input, Instant now)
    {
        LinkFrame frame = input.Frame;
        if (_state != State.Ready)
        {
            Close(LinkFault.UnexpectedFrame);
            return;
        }

        switch (frame.Type)
        {
            case LinkFrameType.Open:
                TakeOpen(input, now);
                break;
            case LinkFrameType.Head:
                TakeHead(input);
                break;
            case LinkFrameType.Data:
                TakeData(frame);
                break;
            case LinkFrameType.Credit:
                TakeCredit(frame.Stream, input.Value);
                break;
            case LinkFrameType.Cancel:
                TakeCancel(frame.Stream, input.Value);
                break;
            case LinkFrameType.Ping:
                _pongValue = input.Value;
                _due |= Due.Pong;
                break;
            case LinkFrameType.Pong:
                TakePong(input.Value, now);
                break;
            case LinkFrameType.GoAway:
                _due |= Due.PeerGoAway;
                StartDrain();
                break;
            case LinkFrameType.Hello:
                Close(LinkFault.UnexpectedFrame);
                break;
            default:
                Tell(LinkEffectKind.Discard, length: frame.Length);
                break;
        }
    }

    private void TakeOpen(in LinkInput input, Instant now)
    {
        LinkFrame frame = input.Frame;
        LinkFault fault = (frame.Stream & 1) == _parity || frame.Stream <= _lastRemote ? LinkFault.BadStream
            : Has(Due.PeerGoAway) ? LinkFault.UnexpectedFrame
            : _slots.RemoteCount >= _limits.MaxStreams ? LinkFault.TooManyStreams
            : LinkFault.None;
        if (fault != LinkFault.None)
        {
            Close(fault);
            return;
        }

        _lastRemote = frame.Stream;
        int slot = _slots.Rent(frame.Stream, SlotState.None);
        ref LinkSlot stream = ref _slots[slot];
        stream.Priority = input.Priority;
        stream.SendCredit = _peer.StreamWindow;
        stream.Granted = _limits.StreamWindow;
        stream.ReceiveTotal = input.Total;
        Tell(LinkEffectKind.Incoming, slot, frame.Stream, input.Total, frame.Length, frame.IsEnd && input.Total <= 0);
        if (input.Timeout is { } timeout)
        {
            _slots.Deadlines.Add(slot, now + timeout);
        }

        if (frame.IsEnd)
        {
            TakeEnd(slot);
        }
    }

    private void TakeHead(in LinkInput input)
    {
        LinkFrame frame = input.Frame;
        int slot = FindForFrame(frame.Stream);
        if (slot < 0)
        {
            return;
        }

        ref LinkSlot stream = ref _slots[slot];
        if (!stream.Has(SlotState.Local) || stream.Has(SlotState.Answered))
        {
            Close(LinkFault.UnexpectedFrame);
            return;
        }

        if (frame.IsEnd && input.Total > 0)
        {
            End(slot, LinkStatus.Broken, LinkStatus.Broken);
            return;
        }

        stream.State |= SlotState.Answered;
        stream.ReceiveTotal = input.Total;
        Tell(LinkEffectKind.Answered, slot, frame.Stream, input.Total, frame.Length, frame.IsEnd);
        if (frame.IsEnd)
        {
            TakeEnd(slot);
        }
    }

    private void TakeData(in LinkFrame frame)
    {
        _received += frame.Length;
        if (_received > _granted)
        {
            Close(LinkFault.CreditExceeded);
            return;
        }

        int slot = FindForFrame(frame.Stream);
        if (slot < 0)
        {
            Discard(frame.Length);
            return;
        }

        ref LinkSlot stream = ref _slots[slot];
        stream.Received += frame.Length;
        if (stream.Has(SlotState.ReceiveEnded) || (stream.Has(SlotState.Local) && !stream.Has(SlotState.Answered)))
        {
            Close(LinkFault.UnexpectedFrame);
        }
        else if (stream.Received > stream.Granted)
        {
            Close(LinkFault.CreditExceeded);
        }
        else if (stream.ReceiveTotal >= 0 && stream.Received > stream.ReceiveTotal)
        {
            End(slot, LinkStatus.Broken, LinkStatus.Broken);
            Discard(frame.Length);
        }
        else if (frame.IsEnd && stream.ReceiveTotal >= 0 && stream.Received != stream.ReceiveTotal)
        {
            End(slot, LinkStatus.Broken, LinkStatus.Broken);
            Discard(frame.Length);
        }
        else
        {
            Tell(LinkEffectKind.Receive, slot, frame.Stream, 0, frame.Length, frame.IsEnd);
            if (frame.IsEnd)
            {
                TakeEnd(slot);
            }
        }
    }

    private void TakeEnd(int slot)
    {
        ref LinkSlot stream = ref _slots[slot];
        if (stream.ReceiveTotal >= 0 && stream.Received != stream.ReceiveTotal)
        {
            End(slot, LinkStatus.Broken, LinkStatus.Broken);
            return;
        }

        stream.State |= SlotState.ReceiveEnded;
        FinishWhenBothEnded(slot);
    }

    private void TakeCredit(uint id, long value)
    {
        int slot = id == 0 ? -1 : FindForFrame(id);
        if (_state == State.Closed || (id != 0 && slot < 0))
        {
            return;
        }

        ref long credit = ref _sendCredit;
        if (slot >= 0)
        {
            credit = ref _slots[slot].SendCredit;
        }

        if (value is <= 0 or > CreditMost || credit + value > CreditMost)
        {
            Close(LinkFault.CreditExceeded);
            return;
        }

        credit += value;
        if (slot >= 0)
        {
            Schedule(slot);
            return;
        }

        while (_slots.Blocked.First is var blocked and >= 0)
        {
            _slots.Blocked.Remove(blocked);
            Schedule(blocked);
        }
    }

    private void TakeCancel(uint id, long code)
    {
        int slot = FindForFrame(id);
        if (slot < 0)
        {
            _slots.FreeCancelled(id); // both ends gave up at once: the peer counts it as closed from here on
            return;
        }

        LinkStatus status = LinkStatusCode.Read(code);
        if (status != LinkStatus.Ok)
        {
            End(slot, status, null);
        }
        else if (_slots[slot].Has(SlotState.ReceiveEnded) && _slots[slot].Has(SlotState.Local))
        {
            Finish(slot); // the peer has answered and wants no more of the question
        }
        else
        {
            End(slot, LinkStatus.Cancelled, null);
        }
    }

    private void TakePong(long number, Instant now)
    {
        if (_pingOpen && number == _pingNumber && !Has(Due.Ping))
        {
            _pingOpen = false;
            PongCount++;
            _roundTrip.Add(now - _pingSentAt);
            bool isSettled = _roundTrip.IsSettled || _limits.PingPeriod < FirstPings;
            _pingAt = now + (isSettled ? _limits.PingPeriod : FirstPings);
        }
    }

    private void Discard(int length)
    {
        Tell(LinkEffectKind.Discard, length: length);
        _consumed += length;
    }

    /// <summary>The slot of a frame's stream; -1 when it is closed already, or never was, which is a fault.</summary>
    private int FindForFrame(uint stream)
    {
        int slot = _slots.Find(stream);
        bool isOurs = (stream & 1) == _parity;
        if (slot < 0 ? isOurs ? stream >= _nextStream : stream > _lastRemote
            : isOurs && _slots[slot].Has(SlotState.HeadDue))
        {
            Close(LinkFault.BadStream);
            return -1;
        }

        return slot;
    }
}
