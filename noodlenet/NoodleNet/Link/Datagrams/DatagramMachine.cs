using Noodle.Primitives;

namespace NoodleNet.Link.Datagrams;

/// <summary>Decides about datagrams to and from one peer: when they go out, again, and which are delivered.</summary>
/// <remarks>
/// <code>
/// no key --the peer takes one--> open --age or use--> open, the next key on its way --taken--> open
/// at-least-once: sent --answer--> answered      --no answer, MaxTries times--> lost
/// </code>
/// Meaning: an at-least-once message goes out again after the smoothed round trip and four deviations of it, 20 ms to
/// 2 s, twice as long each time; 200 ms while nothing was measured. The receiver answers every copy and delivers one.
/// Bound: MaxUnanswered messages are kept, which also may not be <see cref="MostAhead"/> apart, half of what the
/// receiver remembers. RatePerSecond limits what is sent; answers and repetitions count and are never refused.
/// Cost: no allocation once as many messages as now were unanswered before.
/// </remarks>
public sealed class DatagramMachine : IMachine<DatagramInput, DatagramEffect>
{
    /// <summary>How far the oldest unanswered message may lie behind the newest.</summary>
    public const int MostAhead = ReplayWindow.Size / 2;

    private static readonly TimeSpan UnmeasuredWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OfferPause = TimeSpan.FromSeconds(1);

    private readonly DatagramOptions _options;
    private readonly TimeSpan _spacing;
    private readonly Queue<DatagramEffect> _effects = new(8);
    private readonly List<Pending> _pending = []; // in the order of their sequence
    private readonly Stack<Pending> _spare = new();
    private readonly ReplayWindow _delivered = new();
    private RoundTripEstimate _roundTrip;
    private Instant? _offerAt;
    private Instant _clearAt; // when everything sent so far would have gone out at the allowed rate
    private ulong _nextSequence;
    private long _uses;
    private bool _isOpen;
    private bool _isOffering;

    public DatagramMachine(DatagramOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _spacing = TimeSpan.FromTicks(long.Max(1, TimeSpan.TicksPerSecond / options.RatePerSecond));
        _offerAt = Instant.Origin;
    }

    /// <summary>True when a key stands and datagrams can go out.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>At-least-once messages that wait for their answer.</summary>
    public int Unanswered => _pending.Count;

    /// <inheritdoc/>
    public Instant? NextDeadline
    {
        get
        {
            Instant? next = _isOffering ? null : _offerAt;
            foreach (Pending pending in _pending)
            {
                next = Instant.Earlier(next, pending.Due);
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public void Handle(in DatagramInput input, Instant now)
    {
        switch (input.Kind)
        {
            case DatagramInputKind.KeyTaken:
                (_isOpen, _isOffering, _uses) = (true, false, 0);
                _offerAt = now + _options.KeyLifetime;
                break;
            case DatagramInputKind.KeyRefused:
                _isOffering = false;
                _offerAt = now + OfferPause;
                break;
            case DatagramInputKind.PeerRestarted:
                _isOpen = false;
                _offerAt = now;
                _delivered.Clear();
                break;
            case DatagramInputKind.Send:
                DatagramRefusal refusal = FindRefusal(input, now);
                if (refusal == DatagramRefusal.None)
                {
                    Send(input, now);
                }
                else
                {
                    _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Refuse, Refusal: refusal));
                }

                break;
            case DatagramInputKind.Received:
                Take(input, now);
                break;
        }
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (!_isOffering && _offerAt is { } due && now >= due)
        {
            (_isOffering, _offerAt) = (true, null);
            _effects.Enqueue(new DatagramEffect(DatagramEffectKind.OfferKey));
        }

        for (int i = 0; i < _pending.Count; i++)
        {
            Pending pending = _pending[i];
            if (now < pending.Due)
            {
                continue;
            }

            if (pending.Tries >= _options.MaxTries)
            {
                _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Lost, Sequence: pending.Sequence));
                Release(i--);
            }
            else
            {
                pending.Tries++;
                pending.Wait = pending.Wait * 2 < MostWait ? pending.Wait * 2 : MostWait;
                pending.Due = now + pending.Wait;
                Transmit(DatagramKind.AtLeastOnce, pending.Sequence, pending.Payload, now);
            }
        }
    }

    /// <inheritdoc/>
    public bool TryTakeEffect(out DatagramEffect effect) => _effects.TryDequeue(out effect);

    private DatagramRefusal FindRefusal(in DatagramInput input, Instant now) =>
        input.Payload.Length > DatagramFrame.MaxPayload ? DatagramRefusal.TooLong
        : !_isOpen ? DatagramRefusal.NoKey
        : _clearAt - now > _spacing * (_options.Burst - 1) ? DatagramRefusal.TooFast
        : input.Datagram == DatagramKind.AtLeastOnce && IsFull() ? DatagramRefusal.Full
        : DatagramRefusal.None;

    private bool IsFull() => _pending.Count >= _options.MaxUnanswered
        || (_pending.Count > 0 && _nextSequence - _pending[0].Sequence >= MostAhead);

    private void Send(in DatagramInput input, Instant now)
    {
        if (input.Datagram == DatagramKind.Once)
        {
            Transmit(DatagramKind.Once, 0, input.Payload, now);
            return;
        }

        Pending pending = _spare.TryPop(out Pending? spare) ? spare : new Pending();
        pending.Keep(_nextSequence++, input.Payload, FirstWait(), now);
        _pending.Add(pending);
        Transmit(DatagramKind.AtLeastOnce, pending.Sequence, pending.Payload, now);
    }

    private TimeSpan FirstWait()
    {
        TimeSpan wait = _roundTrip.Smoothed == TimeSpan.Zero
            ? UnmeasuredWait : _roundTrip.Smoothed + (_roundTrip.Jitter * 4);
        return wait < LeastWait ? LeastWait : wait > MostWait ? MostWait : wait;
    }

    private void Take(in DatagramInput input, Instant now)
    {
        switch (input.Datagram)
        {
            case DatagramKind.Once:
                _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Deliver, Payload: input.Payload));
                break;
            case DatagramKind.AtLeastOnce:
                if (_delivered.TryTake(input.Sequence))
                {
                    _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Deliver, Payload: input.Payload));
                }

                if (_isOpen)
                {
                    Transmit(DatagramKind.Answer, input.Sequence, default, now);
                }

                break;
            default:
                TakeAnswer(input.Sequence, now);
                break;
        }
    }

    private void TakeAnswer(ulong sequence, Instant now)
    {
        for (int i = 0; i < _pending.Count; i++)
        {
            if (_pending[i].Sequence == sequence)
            {
                if (_pending[i].Tries == 1) // of one sent twice nobody knows which copy was answered
                {
                    _roundTrip.Add(now - _pending[i].SentAt);
                }

                Release(i);
                _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Answered, Sequence: sequence));
                return;
            }
        }
    }

    private void Transmit(DatagramKind kind, ulong sequence, ReadOnlyMemory<byte> payload, Instant now)
    {
        _clearAt = (_clearAt > now ? _clearAt : now) + _spacing;
        _effects.Enqueue(new DatagramEffect(DatagramEffectKind.Transmit, kind, sequence, payload));
        if (++_uses == _options.KeyUses)
        {
            _offerAt = now;
        }
    }

    private void Release(int index)
    {
        _spare.Push(_pending[index]);
        _pending.RemoveAt(index);
    }

    private sealed class Pending
    {
        private readonly byte[] _bytes = new byte[DatagramFrame.MaxPayload];
        private int _length;

        public ulong Sequence { get; private set; }

        public ReadOnlyMemory<byte> Payload => _bytes.AsMemory(0, _length);

        public Instant SentAt { get; private set; }

        public TimeSpan Wait { get; set; }

        public Instant Due { get; set; }

        public int Tries { get; set; }

        public void Keep(ulong sequence, ReadOnlyMemory<byte> payload, TimeSpan wait, Instant now)
        {
            payload.CopyTo(_bytes);
            (Sequence, _length, SentAt, Wait, Due, Tries) = (sequence, payload.Length, now, wait, now + wait, 1);
        }
    }
}
