using Noodle.Primitives;

namespace NoodleNet.Link.Transports;

/// <summary>Decides for one peer whether calls go over TCP or QUIC, and when QUIC is dialed.</summary>
/// <remarks>
/// <code>
/// absent --the peer has QUIC--> waiting --due--> dialing --open--> standing --better three times--> in use
/// dialing --failed--> waiting        standing, in use --lost--> waiting        in use --worse three times--> standing
/// </code>
/// Meaning: TCP comes first and stays. QUIC is in use after <see cref="Streak"/> comparisons in a row in which its
/// smoothed round trip was at most four fifths of that of TCP, and no longer after as many in which it was more than
/// eleven tenths. A QUIC connection whose ping has no answer for <see cref="StallLimit"/>, while TCP answers, is left
/// at once and given up. Each failure doubles the wait before the next dial, from <see cref="FirstWait"/> to
/// <see cref="LongestWait"/>, spread by a quarter; a minute of standing makes it short again.
/// Bound: a fixed size a peer.
/// </remarks>
public sealed class TransportChoice : IMachine<TransportInput, TransportEffect>
{
    /// <summary>Comparisons in a row that change the choice.</summary>
    public const int Streak = 3;

    /// <summary>A ping without an answer for as long means that the path is blocked.</summary>
    public static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ProofOfHealth = TimeSpan.FromMinutes(1);

    private readonly Prng _prng;
    private readonly bool _isDialer;
    private readonly Queue<TransportEffect> _effects = new();
    private bool _isOffered;
    private bool _isDialing;
    private bool _hasTcp = true;
    private Instant? _openSince;
    private Instant? _dialAt;
    private TimeSpan _wait = FirstWait;
    private int _better;
    private int _worse;

    /// <param name="isDialer">Only one of the two ends dials QUIC: the one with the smaller node id.</param>
    public TransportChoice(bool isDialer, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(prng);
        (_isDialer, _prng) = (isDialer, prng);
    }

    /// <summary>What new calls go over, and why.</summary>
    public TransportVerdict Verdict { get; private set; } =
        new(LinkTransportKind.Tcp, TransportReason.NotOffered, LinkFault.None);

    /// <inheritdoc/>
    public Instant? NextDeadline => _dialAt;

    /// <inheritdoc/>
    public void Handle(in TransportInput input, Instant now)
    {
        switch (input.Kind)
        {
            case TransportInputKind.Offered:
                TakeOffer(now);
                break;
            case TransportInputKind.DialFailed:
                _isDialing = false;
                Fail(input.Fault, now);
                break;
            case TransportInputKind.QuicOpened:
                (_isDialing, _dialAt, _openSince) = (false, null, now);
                (_better, _worse) = (0, 0);
                Judge(_hasTcp ? TransportReason.Measuring : TransportReason.OnlyOne);
                break;
            case TransportInputKind.QuicLost:
                TakeLoss(input.Fault, now);
                break;
            case TransportInputKind.TcpOpened:
                _hasTcp = true;
                Judge(_openSince is null ? Verdict.Reason : TransportReason.Measuring);
                break;
            case TransportInputKind.TcpLost:
                _hasTcp = false;
                Judge(TransportReason.OnlyOne);
                break;
            case TransportInputKind.Measured:
                Compare(input, now);
                break;
        }
    }

    /// <inheritdoc/>
    public void HandleDeadline(Instant now)
    {
        if (_dialAt is { } due && now >= due)
        {
            (_dialAt, _isDialing) = (null, true);
            _effects.Enqueue(TransportEffect.DialQuic);
        }
    }

    /// <inheritdoc/>
    public bool TryTakeEffect(out TransportEffect effect) => _effects.TryDequeue(out effect);

    private void TakeOffer(Instant now)
    {
        if (_isOffered)
        {
            return;
        }

        _isOffered = true;
        if (_openSince is null)
        {
            Judge(TransportReason.NotOpen);
            _dialAt = _isDialer ? now : null;
        }
    }

    private void TakeLoss(LinkFault fault, Instant now)
    {
        if (_openSince is { } since)
        {
            _wait = now - since >= ProofOfHealth ? FirstWait : _wait;
            _openSince = null;
            Fail(fault, now);
        }
    }

    private void Fail(LinkFault fault, Instant now)
    {
        Judge(TransportReason.Blocked, fault);
        if (_isDialer && _isOffered && !_isDialing)
        {
            TimeSpan quarter = _wait / 4;
            _dialAt = now + _wait - quarter + _prng.Next(quarter * 2);
            _wait = _wait * 2 < LongestWait ? _wait * 2 : LongestWait;
        }
    }

    private void Compare(in TransportInput input, Instant now)
    {
        if (_openSince is null || !_hasTcp)
        {
            return;
        }

        if (input.QuicStalled >= StallLimit && input.TcpStalled < StallLimit)
        {
            _effects.Enqueue(TransportEffect.CloseQuic);
            TakeLoss(LinkFault.PeerSilent, now);
            return;
        }

        if (input.TcpStalled >= StallLimit && input.QuicStalled < StallLimit)
        {
            Judge(LinkTransportKind.Quic, TransportReason.OtherStalled, Verdict.LastFailure);
            return;
        }

        if (input.Tcp <= TimeSpan.Zero || input.Quic <= TimeSpan.Zero)
        {
            return;
        }

        // Whole ticks: four fifths and eleven tenths without a fraction.
        long tcp = input.Tcp.Ticks, quic = input.Quic.Ticks;
        _better = quic * 5 <= tcp * 4 ? _better + 1 : 0;
        _worse = quic * 10 > tcp * 11 ? _worse + 1 : 0;
        if (_better >= Streak)
        {
            Judge(LinkTransportKind.Quic, TransportReason.Faster, Verdict.LastFailure);
        }
        else if (_worse >= Streak || Verdict.Reason == TransportReason.OtherStalled)
        {
            Judge(LinkTransportKind.Tcp, TransportReason.Faster, Verdict.LastFailure);
        }

        (_better, _worse) = (int.Min(_better, Streak), int.Min(_worse, Streak));
    }

    private void Judge(TransportReason reason, LinkFault? fault = null) => Judge(
        _openSince is null || (_hasTcp && reason != TransportReason.OtherStalled)
            ? LinkTransportKind.Tcp : LinkTransportKind.Quic,
        reason, fault ?? Verdict.LastFailure);

    private void Judge(LinkTransportKind kind, TransportReason reason, LinkFault fault)
    {
        bool isOther = kind != Verdict.Kind;
        Verdict = new TransportVerdict(kind, reason, fault);
        if (isOther)
        {
            _effects.Enqueue(kind == LinkTransportKind.Quic ? TransportEffect.UseQuic : TransportEffect.UseTcp);
        }
    }
}
