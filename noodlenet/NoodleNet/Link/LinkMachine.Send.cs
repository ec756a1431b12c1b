using Noodle.Primitives;

namespace NoodleNet.Link;

public sealed partial class LinkMachine
{
    private const uint LastStream = int.MaxValue;
    private const int LeastChunk = 4096;
    private const int TurnsOfOthers = 7;

    private void TakeCommand(in LinkInput input, Instant now)
    {
        if (input.Kind == LinkInputKind.Open)
        {
            TakeLocalOpen(input, now);
            return;
        }

        int slot = _slots.Find(input.Frame.Stream);
        if (input.Kind == LinkInputKind.Consumed)
        {
            _consumed += input.Value;
            if (slot >= 0)
            {
                _slots[slot].Consumed += input.Value;
                ScheduleCredit(slot);
            }

            return;
        }

        if (slot < 0)
        {
            return; // it ended while the application made up its mind
        }

        ref LinkSlot stream = ref _slots[slot];
        switch (input.Kind)
        {
            case LinkInputKind.Answer when !stream.Has(SlotState.Local | SlotState.Answered):
                stream.State |= SlotState.Answered | SlotState.HeadDue;
                stream.HeadLength = (int)input.Value;
                _slots.Control.Append(slot);
                break;
            case LinkInputKind.Send when !stream.Has(SlotState.EndDue | SlotState.SendEnded):
                stream.Pending += input.Value;
                stream.State |= input.Frame.IsEnd ? SlotState.EndDue : SlotState.None;
                Schedule(slot);
                break;
            case LinkInputKind.Expect:
                stream.State |= SlotState.Expected;
                ScheduleCredit(slot);
                break;
            case LinkInputKind.Cancel:
                End(slot, (LinkStatus)input.Value, (LinkStatus)input.Value);
                break;
        }
    }

    private void TakeLocalOpen(in LinkInput input, Instant now)
    {
        bool waits =
            _slots.LocalCount - _slots.WaitingCount >= int.Min(_peer.MaxStreams, _limits.MaxStreams);
        if (!IsOpen || (waits && _slots.WaitingCount >= _limits.MaxWaiting))
        {
            Tell(LinkEffectKind.OpenRefused, -1, 0, (long)(IsOpen ? LinkStatus.Busy : LinkStatus.Unavailable));
            return;
        }

        uint id = _nextStream;
        _nextStream += 2;
        int slot =
            _slots.Rent(id, SlotState.Local | SlotState.HeadDue | (waits ? SlotState.Waiting : SlotState.None));
        ref LinkSlot stream = ref _slots[slot];
        stream.Priority = input.Priority;
        stream.SendCredit = _peer.StreamWindow;
        stream.Granted = _limits.StreamWindow;
        stream.HeadLength = (int)input.Value;
        if (input.Timeout is { } timeout)
        {
            _slots.Deadlines.Add(slot, now + timeout);
        }

        if (!waits)
        {
            _slots.Control.Append(slot);
        }

        Tell(LinkEffectKind.Opened, slot, id);
        if (_nextStream > LastStream)
        {
            StartDrain(); // no id is left: another connection has to follow
        }
    }

    /// <summary>Queues a slot for data when it has something that may go.</summary>
    private void Schedule(int slot)
    {
        ref LinkSlot stream = ref _slots[slot];
        bool mayGo = stream.Pending > 0
            ? stream.SendCredit > 0
            : stream.Has(SlotState.EndDue) && !stream.Has(SlotState.SendEnded);
        if (mayGo && !stream.Has(SlotState.HeadDue) && stream.Has(SlotState.Local | SlotState.Answered))
        {
            _slots.Ready[(int)stream.Priority].Append(slot);
        }
    }

    private void ScheduleCredit(int slot)
    {
        if (CreditDue(_slots[slot]) > 0)
        {
            _slots.Control.Append(slot);
        }
    }

    /// <summary>Credit worth a frame: half a window, or the rest of a body of known length.</summary>
    private long CreditDue(in LinkSlot stream)
    {
        if (stream.Has(SlotState.ReceiveEnded))
        {
            return 0;
        }

        bool isKnown = stream.ReceiveTotal >= 0;
        long most = isKnown ? stream.ReceiveTotal : long.MaxValue;
        long target =
            isKnown && stream.Has(SlotState.Expected) ? most : long.Min(most, stream.Consumed + _limits.StreamWindow);
        long due = target - stream.Granted;
        return due >= _limits.StreamWindow / 2 || (isKnown && target == most) ? due : 0;
    }

    /// <summary>Credit of the connection worth a frame: half a window.</summary>
    private long ConnectionCreditDue =>
        _consumed + _limits.ConnectionWindow - _granted is var due && due >= _limits.ConnectionWindow / 2 ? due : 0;

    private bool TryTransmit(out LinkEffect effect)
    {
        effect = default;
        return _room >= LinkFrame.Size && _state is State.Greeting or State.Ready
            && (TryTransmitConnection(out effect)
                || (_state == State.Ready && (TryTransmitControl(out effect) || TryTransmitGoAway(out effect)
                    || TryTransmitData(out effect))));
    }

    private bool TryTransmitConnection(out LinkEffect effect)
    {
        if (Has(Due.Hello))
        {
            return TryWrite(Due.Hello, LinkFrameType.Hello, _helloLength, 0, out effect);
        }

        if (_state != State.Ready)
        {
            effect = default;
            return false;
        }

        if (Has(Due.Pong))
        {
            return TryWrite(Due.Pong, LinkFrameType.Pong, sizeof(long), _pongValue, out effect);
        }

        if (Has(Due.Ping))
        {
            return TryWrite(Due.Ping, LinkFrameType.Ping, sizeof(long), _pingNumber, out effect);
        }

        long credit = ConnectionCreditDue;
        if (credit > 0)
        {
            bool isWritten = TryWrite(Due.None, LinkFrameType.Credit, sizeof(long), credit, out effect);
            _granted += isWritten ? credit : 0;
            return isWritten;
        }

        effect = default;
        return false;
    }

    private bool TryTransmitControl(out LinkEffect effect)
    {
        while (_slots.Control.First is var slot and >= 0)
        {
            ref LinkSlot stream = ref _slots[slot];
            if (stream.Has(SlotState.CancelDue))
            {
                return TryTransmitCancel(slot, stream.CancelStatus, out effect);
            }

            if (stream.Has(SlotState.HeadDue))
            {
                return TryTransmitHead(slot, ref stream, out effect);
            }

            long credit = CreditDue(stream);
            if (credit > 0)
            {
                return TryTransmitCredit(slot, credit, out effect);
            }

            _slots.Control.Remove(slot);
        }

        effect = default;
        return false;
    }

    private bool TryTransmitCredit(int slot, long credit, out LinkEffect effect)
    {
        if (!TryWrite(slot, LinkFrameType.Credit, sizeof(long), false, credit, out effect))
        {
            return false;
        }

        _slots[slot].Granted += credit;
        _slots.Control.Remove(slot);
        return true;
    }

    private bool TryTransmitCancel(int slot, LinkStatus status, out LinkEffect effect)
    {
        if (!TryWrite(slot, LinkFrameType.Cancel, sizeof(long), false, (long)status, out effect))
        {
            return false;
        }

        _slots.Free(slot);
        CloseWhenDrained();
        return true;
    }

    /// <summary>GOAWAY goes when every OPEN that was promised is written: the peer takes none after it.</summary>
    private bool TryTransmitGoAway(out LinkEffect effect)
    {
        effect = default;
        if (!Has(Due.GoAway) || _slots.Control.First >= 0 || _slots.WaitingCount > 0
            || !TryWrite(Due.GoAway, LinkFrameType.GoAway, sizeof(long), 0, out effect))
        {
            return false;
        }

        _due |= Due.GoAwaySent;
        CloseWhenDrained();
        return true;
    }

    private bool TryTransmitHead(int slot, ref LinkSlot stream, out LinkEffect effect)
    {
        bool isEnd = stream.Pending == 0 && stream.Has(SlotState.EndDue);
        LinkFrameType type = stream.Has(SlotState.Local) ? LinkFrameType.Open : LinkFrameType.Head;
        if (!TryWrite(slot, type, stream.HeadLength, isEnd, 0, out effect))
        {
            return false;
        }

        stream.State &= ~SlotState.HeadDue;
        if (CreditDue(stream) <= 0)
        {
            _slots.Control.Remove(slot);
        }

        if (isEnd)
        {
            EndSending(slot);
        }
        else
        {
            Schedule(slot);
        }

        return true;
    }

    private bool TryTransmitData(out LinkEffect effect)
    {
        effect = default;
        while (PickReady() is var slot and >= 0)
        {
            ref LinkSlot stream = ref _slots[slot];
            SlotList ready = _slots.Ready[(int)stream.Priority];
            if (stream.Pending > 0 && _sendCredit == 0)
            {
                ready.Remove(slot);
                _slots.Blocked.Append(slot);
                continue;
            }

            long credit = long.Min(stream.SendCredit, _sendCredit);
            long chunk = long.Min(long.Min(stream.Pending, credit), LinkFrame.MaxChunk);
            if (_room < LinkFrame.Size + long.Min(chunk, LeastChunk))
            {
                return false;
            }

            chunk = long.Min(chunk, _room - LinkFrame.Size);
            bool isEnd = chunk == stream.Pending && stream.Has(SlotState.EndDue);
            TryWrite(slot, LinkFrameType.Data, (int)chunk, isEnd, 0, out effect);
            stream.Pending -= chunk;
            stream.SendCredit -= chunk;
            _sendCredit -= chunk;
            _turn = _turn == TurnsOfOthers ? 0 : _turn + 1;
            ready.Remove(slot);
            if (isEnd)
            {
                EndSending(slot);
            }
            else
            {
                Schedule(slot);
            }

            return true;
        }

        return false;
    }

    private int PickReady()
    {
        bool isTurnOfLowest = _turn == TurnsOfOthers;
        for (int i = 0; i < _slots.Ready.Length; i++)
        {
            int slot = _slots.Ready[isTurnOfLowest ? i : _slots.Ready.Length - 1 - i].First;
            if (slot >= 0)
            {
                return slot;
            }
        }

        return -1;
    }

    private void EndSending(int slot)
    {
        _slots[slot].State |= SlotState.SendEnded;
        FinishWhenBothEnded(slot);
        CloseWhenDrained();
    }

    private bool TryWrite(Due due, LinkFrameType type, int length, long value, out LinkEffect effect)
    {
        bool isWritten = TryWrite(-1, type, length, false, value, out effect);
        _due &= isWritten ? ~due : ~Due.None;
        return isWritten;
    }

    private bool TryWrite(int slot, LinkFrameType type, int length, bool isEnd, long value, out LinkEffect effect)
    {
        uint stream = slot < 0 ? 0 : _slots[slot].Stream;
        effect = new LinkEffect(LinkEffectKind.Transmit, slot, new LinkFrame(type, stream, length, isEnd), value);
        if (_room < LinkFrame.Size + length)
        {
            effect = default;
            return false;
        }

        _room -= LinkFrame.Size + length;
        return true;
    }
}
