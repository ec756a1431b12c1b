using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Transports;

namespace NoodleNet.Tests.Link.Transports;

public sealed class TransportChoiceTests
{
    private readonly List<TransportEffect> _effects = [];
    private readonly TransportChoice _choice = new(isDialer: true, new Prng(7));
    private Instant _now = Instant.Origin;

    public static TheoryData<string, (int Tcp, int Quic)[], LinkTransportKind> Series => new()
    {
        // what is measured, microseconds of TCP and QUIC        in use at the end
        { "QUIC clearly faster", [(100, 60), (100, 60), (100, 60)], LinkTransportKind.Quic },
        { "faster twice only", [(100, 60), (100, 60), (100, 90), (100, 60)], LinkTransportKind.Tcp },
        { "exactly four fifths", [(100, 80), (100, 80), (100, 80)], LinkTransportKind.Quic },
        { "not quite four fifths", [(100, 81), (100, 81), (100, 81), (100, 81)], LinkTransportKind.Tcp },
        { "not measured yet", [(0, 60), (100, 0), (0, 0), (0, 60)], LinkTransportKind.Tcp },
        { "in use and a little slower",
            [(100, 60), (100, 60), (100, 60), (100, 110), (100, 110), (100, 110)], LinkTransportKind.Quic },
        { "in use and clearly slower",
            [(100, 60), (100, 60), (100, 60), (100, 111), (100, 111), (100, 111)], LinkTransportKind.Tcp },
        { "slower, with a good one between",
            [(100, 60), (100, 60), (100, 60), (100, 120), (100, 120), (100, 90), (100, 120)], LinkTransportKind.Quic },
    };

    [Theory]
    [MemberData(nameof(Series), DisableDiscoveryEnumeration = true)]
    public void The_faster_one_is_used_when_it_stays_faster(
        string name, (int Tcp, int Quic)[] series, LinkTransportKind used)
    {
        Open();
        foreach ((int tcp, int quic) in series)
        {
            Measure(tcp, quic);
        }

        Assert.True(used == _choice.Verdict.Kind, name);
    }

    [Fact]
    public void TCP_comes_first_and_QUIC_is_dialed_as_soon_as_both_have_it()
    {
        Assert.Equal(new TransportVerdict(LinkTransportKind.Tcp, TransportReason.NotOffered, LinkFault.None),
            _choice.Verdict);
        Assert.Null(_choice.NextDeadline);
        Tell(TransportInputKind.Offered);
        Assert.Equal(TransportReason.NotOpen, _choice.Verdict.Reason);
        Assert.Equal([TransportEffect.DialQuic], Expire());
        Tell(TransportInputKind.Offered);
        Assert.Empty(Expire());
        Tell(TransportInputKind.QuicOpened);
        Assert.Equal(TransportReason.Measuring, _choice.Verdict.Reason);
        Assert.Empty(_effects);
    }

    [Fact]
    public void The_other_end_never_dials_but_uses_what_comes()
    {
        var choice = new TransportChoice(isDialer: false, new Prng(1));
        choice.Handle(new TransportInput(TransportInputKind.Offered), _now);
        Assert.Null(choice.NextDeadline);
        choice.Handle(new TransportInput(TransportInputKind.QuicOpened), _now);
        choice.Handle(new TransportInput(TransportInputKind.TcpLost), _now);
        Assert.True(choice.TryTakeEffect(out TransportEffect effect));
        Assert.Equal(TransportEffect.UseQuic, effect);
        Assert.Equal(TransportReason.OnlyOne, choice.Verdict.Reason);
        choice.Handle(new TransportInput(TransportInputKind.QuicLost, LinkFault.Reset), _now);
        Assert.Null(choice.NextDeadline);
        Assert.Equal(LinkTransportKind.Tcp, choice.Verdict.Kind);
    }

    [Fact]
    public void A_blocked_path_is_tried_again_later_and_later_but_at_least_every_ten_minutes()
    {
        Tell(TransportInputKind.Offered);
        TimeSpan wait = TransportChoice.FirstWait;
        for (int i = 0; i < 12; i++)
        {
            Assert.Equal([TransportEffect.DialQuic], Expire());
            Tell(TransportInputKind.DialFailed, LinkFault.Unreachable);
            Assert.Equal(TransportReason.Blocked, _choice.Verdict.Reason);
            Assert.Equal(LinkFault.Unreachable, _choice.Verdict.LastFailure);
            TimeSpan drawn = _choice.NextDeadline!.Value - _now;
            Assert.InRange(drawn, wait * 0.75, wait * 1.25);
            wait = wait * 2 < TransportChoice.LongestWait ? wait * 2 : TransportChoice.LongestWait;
        }
    }

    [Fact]
    public void A_connection_that_stood_for_a_minute_makes_the_wait_short_again()
    {
        Tell(TransportInputKind.Offered);
        for (int i = 0; i < 4; i++)
        {
            Expire();
            Tell(TransportInputKind.DialFailed, LinkFault.Unreachable);
        }

        Expire();
        Tell(TransportInputKind.QuicOpened);
        _now += TimeSpan.FromMinutes(1);
        Tell(TransportInputKind.QuicLost, LinkFault.PeerSilent);
        Assert.InRange(_choice.NextDeadline!.Value - _now, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void QUIC_that_breaks_while_in_use_is_left_at_once()
    {
        Open();
        Measure(100, 50, 3);
        Assert.Equal([TransportEffect.UseQuic], _effects);
        Tell(TransportInputKind.QuicLost, LinkFault.Reset);
        Assert.Equal([TransportEffect.UseQuic, TransportEffect.UseTcp], _effects);
        Assert.Equal(new TransportVerdict(LinkTransportKind.Tcp, TransportReason.Blocked, LinkFault.Reset),
            _choice.Verdict);
        Tell(TransportInputKind.QuicLost, LinkFault.Closed); // heard of twice
        Assert.Equal(LinkFault.Reset, _choice.Verdict.LastFailure);
    }

    [Fact]
    public void QUIC_that_does_not_answer_while_TCP_does_is_given_up()
    {
        Open();
        Measure(100, 50, 3);
        _effects.Clear();
        Stall(quic: TimeSpan.FromMilliseconds(999));
        Assert.Empty(_effects);
        Stall(quic: TransportChoice.StallLimit, tcp: TransportChoice.StallLimit); // the peer, not the path
        Assert.Empty(_effects);
        Stall(quic: TransportChoice.StallLimit);
        Assert.Equal([TransportEffect.CloseQuic, TransportEffect.UseTcp], _effects);
        Assert.Equal(LinkFault.PeerSilent, _choice.Verdict.LastFailure);
        Assert.NotNull(_choice.NextDeadline);
    }

    [Fact]
    public void TCP_that_does_not_answer_while_QUIC_does_is_left_until_it_answers_again()
    {
        Open();
        Stall(tcp: TransportChoice.StallLimit);
        Assert.Equal(new TransportVerdict(LinkTransportKind.Quic, TransportReason.OtherStalled, LinkFault.None),
            _choice.Verdict);
        Measure(100, 100);
        Assert.Equal(LinkTransportKind.Tcp, _choice.Verdict.Kind);
        Assert.Equal([TransportEffect.UseQuic, TransportEffect.UseTcp], _effects);
    }

    [Fact]
    public void TCP_that_comes_back_beside_QUIC_is_measured_anew()
    {
        Open();
        Tell(TransportInputKind.TcpLost);
        Measure(100, 50, 5); // there is nothing to compare
        Assert.Equal(TransportReason.OnlyOne, _choice.Verdict.Reason);
        Tell(TransportInputKind.TcpOpened);
        Assert.Equal((LinkTransportKind.Tcp, TransportReason.Measuring),
            (_choice.Verdict.Kind, _choice.Verdict.Reason));
        Tell(TransportInputKind.QuicLost, LinkFault.Reset);
        Tell(TransportInputKind.TcpOpened);
        Assert.Equal(TransportReason.Blocked, _choice.Verdict.Reason);
    }

    private void Open()
    {
        Tell(TransportInputKind.Offered);
        Expire();
        Tell(TransportInputKind.QuicOpened);
    }

    private void Measure(int tcp, int quic, int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            Do(new TransportInput(TransportInputKind.Measured,
                Tcp: TimeSpan.FromMicroseconds(tcp), Quic: TimeSpan.FromMicroseconds(quic)));
        }
    }

    private void Stall(TimeSpan tcp = default, TimeSpan quic = default) =>
        Do(new TransportInput(TransportInputKind.Measured, TcpStalled: tcp, QuicStalled: quic));

    private void Tell(TransportInputKind kind, LinkFault fault = LinkFault.None) => Do(new TransportInput(kind, fault));

    private void Do(TransportInput input)
    {
        _choice.Handle(input, _now);
        while (_choice.TryTakeEffect(out TransportEffect effect))
        {
            _effects.Add(effect);
        }
    }

    private List<TransportEffect> Expire()
    {
        _now = _choice.NextDeadline ?? _now;
        _choice.HandleDeadline(_now);
        List<TransportEffect> effects = [];
        while (_choice.TryTakeEffect(out TransportEffect effect))
        {
            effects.Add(effect);
        }

        return effects;
    }
}
