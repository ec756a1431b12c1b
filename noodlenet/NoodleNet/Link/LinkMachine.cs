using Noodle.Primitives;

namespace NoodleNet.Link;

/// <summary>
/// One end of a connection: streams, credit, deadlines and liveness, without touching a payload byte.
/// </summary>
/// <remarks>
/// <code>
/// connection   start --HELLO both ways--> ready --GOAWAY either way--> draining --both said it, no stream--> closed
///              any state --fault, silence, broken channel--> closed
/// stream       (opener)  OPEN -> data* END   and, read: HEAD -> data* END     closed when both directions have ended
///              (other)   read: OPEN -> data* END   and  HEAD -> data* END     or by one CANCEL of either end
/// </code>
/// Meaning: the host reads a frame header, hands it over and learns where the payload goes; it grants write room and
/// is told what to write. Effects that tell come before frames to write. Frames of control go first, then data: one
/// chunk of each stream in turn, high before low priority, and one chunk in eight for the lowest that waits, so
/// that no body holds up a message and no message starves a body.
/// Bound: MaxStreams in each direction, and MaxWaiting of ours that take their turn in the order in which they were
/// opened; one PONG, one CREDIT a stream and one CANCEL a stream waiting at most; a stream whose CANCEL is not written
/// counts as open, unless the peer cancelled it too. Late frames of a closed
/// stream are discarded. When the 2^30 stream ids of one end are used up, the connection drains.
/// Cost: no allocation once as many streams as now were open before.
/// </remarks>
public sealed partial class LinkMachine : IMachine<LinkInput, LinkEffect>
{
    private const long CreditMost = 1L << 60;

    private static readonly TimeSpan FirstPings = TimeSpan.FromMilliseconds(100);

    private readonly LinkLimits _limits;
    private readonly int _helloLength;
    private readonly Queue<LinkEffect> _tells = new(16);
    private readonly LinkSlots _slots = new();
    private readonly uint _parity;

    private LinkSettings _peer;
    private State _state;
    private Due _due;
    private uint _nextStream;
    private uint _lastRemote;
    private Instant _heardAt;
    private Instant _handshakeBy;
    private Instant _pingAt;
    private Instant _pingSentAt;
    private long _pingNumber;
    private bool _pingOpen;
    private long _pongValue;
    private RoundTripEstimate _roundTrip;
    private long _sendCredit;
    private long _granted;
    private long _received;
    private long _consumed;
    private long _room;
    private int _turn;

    /// <param name="isDialer">True for the end that opened the connection: its streams have odd ids.</param>
    /// <param name="node">This node, as HELLO names it.</param>
    public LinkMachine(LinkLimits limits, bool isDialer, NodeId node)
    {
        ArgumentNullException.ThrowIfNull(limits);
        _limits = limits;
        _helloLength = LinkHello.GetLength(node);
        _parity = isDialer ? 1u : 0u;
        _nextStream = isDialer ? 1u : 2u;
        _granted = limits.ConnectionWindow;
    }

    private enum State
    {
        New,
        Greeting,
        Ready,
        Closed,
    }

    [Flags]
    private enum Due
    {
        None = 0,
        Hello = 1,
        Pong = 2,
        Ping = 4,
        GoAway = 8,
        Draining = 16,
        GoAwaySent = 32,
        PeerGoAway = 64,
        PeerHello = 128,
    }

    /// <summary>The id of the next stream that is opened here.</summary>
    internal uint NextStream
    {
        get => _nextStream;
        init => _nextStream = value;
    }

    /// <summary>Pings that the peer has answered.</summary>
    public long PongCount { get; private set; }

    /// <summary>When the ping was sent that the peer has not answered yet; null when it answered them all.</summary>
    public Instant? PingOpenSince => _pingOpen ? _pingSentAt : null;

    /// <summary>Round trip as the pings measure it.</summary>
    public RoundTripEstimate RoundTrip => _roundTrip;

    /// <summary>True while streams may be opened here.</summary>
    public bool IsOpen => _state == State.Ready && !Has(Due.Draining);

    /// <summary>Streams that are not closed, of either end.</summary>
    public int StreamCount => _slots.LocalCount + _slots.RemoteCount;

    /// <summary>True when there may be frames to write: never false when there are.</summary>
    public bool HasFrames => _state is State.Greeting or State.Ready
        && (Has(Due.Hello | Due.Pong | Due.Ping | Due.GoAway) || _slots.HasFrames || ConnectionCreditDue > 0);

    /// <inheritdoc/>
    public Instant? NextDeadline => _state switch
    {
        State.New or State.Closed => null,
        State.Greeting => _handshakeBy,
        _ => Instant.Earlier(
            Instant.Earlier(_pingOpen ? null : _pingAt, _heardAt + _limits.SilenceLimit), _slots.Deadlines.Earliest),
    };

    /// <inheritdoc/>
    public void Handle(in LinkInput input, Instant now)
    {
        if (_state == State.Closed)
        {
            if (input.Kind == LinkInputKind.Open)
            {
                Tell(LinkEffectKind.OpenRefused, -1, 0, (long)LinkStatus.ConnectionLost);
            }

            return;
        }

        switch (input.Kind)
        {
            case LinkInputKind.Start:
                _state = State.Greeting;
                _due |= Due.Hello;
                _handshakeBy = now + _limits.HandshakeLimit;
                break;
            case LinkInputKind.Hello:
                TakeHello(input.Settings, now);
                break;
            case LinkInputKind.Frame:
                _heardAt = now;
                TakeFrame(input, now);
                break;
            case LinkInputKind.Heard:
                _heardAt = now;
                break;
            case LinkInputKind.Room:
                _room = input.Value;
                break;
            case LinkInputKind.Drain:
                StartDrain();
                break;
            case LinkInputKind.Fail:
                Close((LinkFault)input.Value);
                break;
            default:
                TakeCommand(input, now);
                break;
        }

        CloseWhenDrained();
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (_state == State.Greeting && now >= _handshakeBy)
        {
            Close(LinkFault.HandshakeTimeout);
        }

        if (_state != State.Ready)
        {
            return;
        }

        if (now >= _heardAt + _limits.SilenceLimit)
        {
            Close(LinkFault.PeerSilent);
            return;
        }

        if (!_pingOpen && now >= _pingAt)
        {
            _pingOpen = true;
            _pingNumber++;
            _due |= Due.Ping;
            _pingSentAt = now;
        }

        while (_slots.Deadlines.Earliest is { } due && due <= now)
        {
            End(_slots.Deadlines.EarliestSlot, LinkStatus.DeadlineExceeded, LinkStatus.DeadlineExceeded);
        }

        CloseWhenDrained();
    }

    /// <inheritdoc/>
    public bool TryTakeEffect(out LinkEffect effect) => _tells.TryDequeue(out effect) || TryTransmit(out effect);

    private void TakeHello(in LinkSettings settings, Instant now)
    {
        if (_state != State.Greeting)
        {
            Close(LinkFault.UnexpectedFrame);
            return;
        }

        _peer = settings;
        _sendCredit = settings.ConnectionWindow;
        _state = State.Ready;
        _heardAt = now;
        _pingAt = now;
        Tell(LinkEffectKind.Ready);
    }

    private void StartDrain()
    {
        if (!Has(Due.Draining))
        {
            _due |= Due.Draining | Due.GoAway;
            Tell(LinkEffectKind.Draining);
        }
    }

    private void CloseWhenDrained()
    {
        if (Has(Due.GoAwaySent) && Has(Due.PeerGoAway) && StreamCount == 0)
        {
            Close(LinkFault.Drained);
        }
    }

    private void Close(LinkFault fault)
    {
        if (_state != State.Closed)
        {
            _state = State.Closed;
            _room = 0;
            Tell(LinkEffectKind.Closed, -1, 0, (long)fault);
        }
    }

    /// <summary>Breaks a stream: the application hears one status, the peer the other unless it is null.</summary>
    private void End(int slot, LinkStatus told, LinkStatus? toPeer)
    {
        ref LinkSlot stream = ref _slots[slot];
        Tell(LinkEffectKind.Ended, slot, stream.Stream, (long)told);
        bool isUnknownToPeer = stream.Has(SlotState.Local) && stream.Has(SlotState.HeadDue);
        _slots.Forget(slot);
        if (toPeer is { } status && !isUnknownToPeer)
        {
            stream.State = (stream.State & SlotState.Local) | SlotState.CancelDue;
            stream.CancelStatus = status;
            _slots.Control.Append(slot);
        }
        else
        {
            _slots.Free(slot);
        }
    }

    private void FinishWhenBothEnded(int slot)
    {
        ref LinkSlot stream = ref _slots[slot];
        if (stream.Has(SlotState.SendEnded) && stream.Has(SlotState.ReceiveEnded))
        {
            Finish(slot);
        }
    }

    private void Finish(int slot)
    {
        Tell(LinkEffectKind.Finished, slot, _slots[slot].Stream);
        _slots.Forget(slot);
        _slots.Free(slot);
    }

    private void Tell(
        LinkEffectKind kind, int slot = -1, uint stream = 0, long value = 0, int length = 0, bool isEnd = false) =>
        _tells.Enqueue(new LinkEffect(kind, slot, new LinkFrame(LinkFrameType.Data, stream, length, isEnd), value));

    private bool Has(Due due) => (_due & due) != 0;
}
