using Noodle.Primitives;
using NoodleNet.Link.Calls;

namespace NoodleNet.Tests.Link.Calls;

public sealed class CallMachineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly NodeId A = Node(1), B = Node(2), C = Node(3);

    private readonly List<CallEffect> _effects = [];
    private CallMachine _machine = new(new CallPolicy(), new Prng(5));
    private Instant _now = Instant.Origin;

    [Fact]
    public void An_answered_call_is_asked_once()
    {
        Assert.Equal([new CallEffect.StartAttempt(1, 1, A, Second)], Start(1, true, A, B));
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.Answered, 1)], End(1, 1, AttemptOutcome.Answered));
        Assert.Empty(End(1, 1, AttemptOutcome.Answered));
        Assert.Equal(0, _machine.Count);
        Assert.Null(_machine.NextDeadline);
    }

    public static TheoryData<AttemptOutcome, bool, bool> Retries => new()
    {
        // how the attempt ended        idempotent   is asked again
        { AttemptOutcome.NotRun, true, true },
        { AttemptOutcome.NotRun, false, true },
        { AttemptOutcome.Unknown, true, true },
        { AttemptOutcome.Unknown, false, false },
    };

    [Theory]
    [MemberData(nameof(Retries))]
    public void What_may_have_run_is_asked_again_only_when_that_does_no_harm(
        AttemptOutcome outcome, bool isIdempotent, bool isRetried)
    {
        Start(1, isIdempotent, A, B);
        List<CallEffect> effects = End(1, 1, outcome);
        if (!isRetried)
        {
            Assert.Equal([new CallEffect.Finish(1, CallVerdict.Failed, 1)], effects);
            return;
        }

        Assert.Empty(effects);
        Instant asked = _now;
        var retry = Assert.IsType<CallEffect.StartAttempt>(Assert.Single(Expire()));
        Assert.Equal((2, B), (retry.Attempt, retry.Peer));
        Assert.Equal(outcome == AttemptOutcome.NotRun, asked == _now); // who did not take it costs no pause
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.Answered, 2)], End(1, 2, AttemptOutcome.Answered));
    }

    [Fact]
    public void Whose_deadline_struck_first_makes_no_difference_to_the_caller()
    {
        Start(1, false, A, B);
        Assert.Equal(
            [new CallEffect.Finish(1, CallVerdict.DeadlineExceeded, 1)], End(1, 1, AttemptOutcome.Expired));
    }

    [Fact]
    public void Attempts_go_round_and_end_with_their_number()
    {
        Start(1, true, A, B, C);
        List<NodeId> asked = [A];
        for (int attempt = 1; attempt < 4; attempt++)
        {
            End(1, attempt, AttemptOutcome.Unknown);
            asked.Add(((CallEffect.StartAttempt)Expire()[0]).Peer);
        }

        Assert.Equal([A, B, C, A], asked);
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.Failed, 4)], End(1, 4, AttemptOutcome.Unknown));
    }

    [Fact]
    public void A_call_ends_at_its_deadline_and_takes_its_attempt_along()
    {
        Start(1, true, A);
        Assert.Equal(
            [new CallEffect.AbandonAttempt(1, 1), new CallEffect.Finish(1, CallVerdict.DeadlineExceeded, 1)], Expire());
        Assert.Equal(Instant.Origin + Second, _now);
    }

    [Fact]
    public void An_attempt_that_hangs_is_given_up_for_another_one_but_not_when_it_may_run()
    {
        _machine = new CallMachine(new CallPolicy { AttemptLimit = Second / 10 }, new Prng(5));
        Assert.Equal([new CallEffect.StartAttempt(1, 1, A, Second / 10)], Start(1, true, A, B));
        Assert.Equal([new CallEffect.AbandonAttempt(1, 1)], Expire());
        Assert.Empty(End(1, 1, AttemptOutcome.Answered)); // too late
        Assert.Equal(B, ((CallEffect.StartAttempt)Expire()[0]).Peer);
        Assert.Equal([new CallEffect.StartAttempt(2, 1, A, Second)], Start(2, false, A, B));
    }

    [Fact]
    public void A_slow_call_is_hedged_and_the_first_answer_wins()
    {
        Learn();
        Assert.InRange(_machine.HedgeDelay()!.Value, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(24));
        Start(1, true, A, B);
        Instant started = _now;
        var hedge = Assert.IsType<CallEffect.StartAttempt>(Assert.Single(Expire()));
        Assert.Equal((2, B), (hedge.Attempt, hedge.Peer));
        Assert.Equal(_machine.HedgeDelay(), _now - started);
        Assert.Empty(End(1, 1, AttemptOutcome.Unknown)); // its hedge is the retry
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.Answered, 2)], End(1, 2, AttemptOutcome.Answered));
        Start(2, true, A, B);
        Expire();
        Assert.Equal([new CallEffect.AbandonAttempt(2, 2), new CallEffect.Finish(2, CallVerdict.Answered, 1)],
            End(2, 1, AttemptOutcome.Answered));
    }

    [Fact]
    public void What_is_not_idempotent_has_one_peer_or_too_little_behind_it_is_not_hedged()
    {
        Assert.Null(_machine.HedgeDelay());
        Learn();
        Start(1, false, A, B);
        Start(2, true, A);
        Assert.Equal(_now + Second, _machine.NextDeadline);
    }

    [Fact]
    public void A_failing_peer_is_left_alone_and_tried_again_one_call_at_a_time()
    {
        Fail(A, 5);
        Assert.Equal(BreakerState.Open, _machine.GetState(A, _now));
        Assert.Equal(B, Asked(Start(10, true, A, B)));
        _now += Second;
        Assert.Equal(BreakerState.HalfOpen, _machine.GetState(A, _now));
        Assert.Equal(A, Asked(Start(11, true, A, B)));
        Assert.Equal(B, Asked(Start(12, true, A, B))); // one trial at a time
        Assert.Equal(B, Asked(Start(13, false, A, B))); // and none with what cannot be repeated
        End(11, 1, AttemptOutcome.Answered);
        Assert.Equal(A, Asked(Start(14, true, A, B)));
        End(14, 1, AttemptOutcome.Answered);
        Assert.Equal(BreakerState.Closed, _machine.GetState(A, _now));
    }

    [Fact]
    public void A_new_connection_to_a_peer_closes_its_breaker()
    {
        Fail(A, 5);
        Assert.False(_machine.Allows(A, _now));
        Do(new CallInput.Connected(A));
        Do(new CallInput.Connected(B)); // of whom nothing is known
        Assert.True(_machine.Allows(A, _now));
        Assert.Equal(A, Asked(Start(10, true, A, B)));
    }

    [Fact]
    public void Callers_with_too_little_time_cannot_close_a_good_peer_to_the_others()
    {
        Learn(); // 95 of 100 calls take 20 ms
        TimeSpan hurry = TimeSpan.FromMilliseconds(5);
        for (int call = 1; call <= 10; call++)
        {
            Do(new CallInput.Start(call, [A], hurry, true));
            Take();
            List<CallEffect> ended = call % 2 == 0 ? Expire() : End(call, 1, AttemptOutcome.Expired);
            Assert.Contains(new CallEffect.Finish(call, CallVerdict.DeadlineExceeded, 1), ended);
        }

        Assert.Equal(BreakerState.Closed, _machine.GetState(A, _now));
        for (int call = 11; call <= 15; call++)
        {
            Do(new CallInput.Start(call, [A], Second, true));
            Take();
            Expire();
        }

        Assert.Equal(BreakerState.Open, _machine.GetState(A, _now)); // a second is more than enough
    }

    [Fact]
    public void Without_retries_a_failed_call_ends_at_once_a_slow_one_is_hedged_and_an_open_breaker_waited_for()
    {
        _machine = new CallMachine(new CallPolicy { Retries = false, MaxAttempts = 2 }, new Prng(5));
        Start(1, true, A, B);
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.Failed, 1)], End(1, 1, AttemptOutcome.NotRun));
        Learn();
        Start(2, true, A, B);
        Assert.Equal(B, Asked(Expire()));
        Assert.Empty(End(2, 1, AttemptOutcome.Unknown));
        Assert.Equal([new CallEffect.Finish(2, CallVerdict.Failed, 2)], End(2, 2, AttemptOutcome.Unknown));
        Fail(C, 5);
        Do(new CallInput.Start(10, [C], Second * 2, true));
        Assert.Empty(Take());
        Assert.Equal(C, Asked(Expire()));
    }

    [Fact]
    public void What_is_slow_is_judged_by_calls_of_the_same_kind()
    {
        Learn();
        Assert.NotNull(_machine.HedgeDelay());
        Assert.Null(_machine.HedgeDelay("large"));
        Do(new CallInput.Start(1, [A, B], Second, true, "large"));
        Take();
        Assert.Equal(_now + Second, _machine.NextDeadline); // nothing is known of large ones: no hedge
    }

    [Fact]
    public void With_all_peers_left_alone_a_call_waits_for_the_first_that_opens_or_says_so_at_once()
    {
        Fail(A, 5);
        Do(new CallInput.Start(10, [A], Second / 2, true));
        Assert.Equal([new CallEffect.Finish(10, CallVerdict.NoPeer, 0)], Take());
        Do(new CallInput.Start(11, [A], Second * 2, true));
        Assert.Empty(Take());
        Assert.Equal(A, Asked(Expire()));
        Do(new CallInput.Start(12, [A], Second, true)); // the trial is under way
        Assert.Empty(Take());
        End(11, 1, AttemptOutcome.Answered);
        Assert.Equal(A, Asked(Expire()));
    }

    [Fact]
    public void What_cannot_begin_says_why()
    {
        _machine = new CallMachine(new CallPolicy { MaxCalls = 1 }, new Prng(5));
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.NoPeer, 0)], Start(1, true));
        Do(new CallInput.Start(1, [A], TimeSpan.Zero, true));
        Assert.Equal([new CallEffect.Finish(1, CallVerdict.DeadlineExceeded, 0)], Take());
        Start(1, true, A);
        Assert.Throws<ArgumentException>(() => Start(1, true, A));
        Assert.Equal([new CallEffect.Finish(2, CallVerdict.TooManyCalls, 0)], Start(2, true, A));
        Do(new CallInput.Cancel(1));
        Assert.Equal([new CallEffect.AbandonAttempt(1, 1), new CallEffect.Finish(1, CallVerdict.Cancelled, 1)], Take());
        Do(new CallInput.Cancel(1));
        Assert.Empty(Take());
    }

    [Fact]
    public void Retries_stop_when_the_budget_is_used_up_and_go_on_when_calls_have_paid_for_it()
    {
        _machine = new CallMachine(
            new CallPolicy { RetryReserve = 2, Breaker = new BreakerPolicy { FailuresInARow = 1000, Window = 64,
                FailurePercent = 100 } }, new Prng(5));
        int retried = 0;
        for (int call = 1; call <= 50; call++)
        {
            Start(call, true, A, B);
            if (End(call, 1, AttemptOutcome.Unknown).Count == 0)
            {
                retried++;
                Expire();
                End(call, 2, AttemptOutcome.Answered);
            }
        }

        Assert.InRange(retried, 2, 12); // the reserve, and 20 of 100
    }

    [Theory]
    [InlineData("MaxAttempts")]
    [InlineData("AttemptLimit")]
    [InlineData("BackoffBase")]
    [InlineData("BackoffMost")]
    [InlineData("RetryPercent")]
    [InlineData("RetryReserve")]
    [InlineData("HedgeSoonest")]
    [InlineData("MaxCalls")]
    [InlineData("MaxPeers")]
    [InlineData("FailuresInARow")]
    [InlineData("FailurePercent")]
    [InlineData("Window")]
    [InlineData("OpenFirst")]
    [InlineData("OpenMost")]
    [InlineData("TrialsToClose")]
    public void A_setting_out_of_its_range_is_named(string setting)
    {
        CallPolicy wrong = setting switch
        {
            "MaxAttempts" => new() { MaxAttempts = 17 },
            "AttemptLimit" => new() { AttemptLimit = TimeSpan.Zero },
            "BackoffBase" => new() { BackoffBase = TimeSpan.Zero },
            "BackoffMost" => new() { BackoffMost = TimeSpan.FromMilliseconds(19) },
            "RetryPercent" => new() { RetryPercent = 101 },
            "RetryReserve" => new() { RetryReserve = -1 },
            "HedgeSoonest" => new() { HedgeSoonest = TimeSpan.Zero },
            "MaxCalls" => new() { MaxCalls = 0 },
            "MaxPeers" => new() { MaxPeers = 65_537 },
            "FailuresInARow" => new() { Breaker = new BreakerPolicy { FailuresInARow = 0 } },
            "FailurePercent" => new() { Breaker = new BreakerPolicy { FailurePercent = 101 } },
            "Window" => new() { Breaker = new BreakerPolicy { Window = 65 } },
            "OpenFirst" => new() { Breaker = new BreakerPolicy { OpenFirst = TimeSpan.Zero } },
            "OpenMost" => new() { Breaker = new BreakerPolicy { OpenMost = TimeSpan.Zero } },
            _ => new() { Breaker = new BreakerPolicy { TrialsToClose = 0 } },
        };
        ArgumentException named = Assert.Throws<ArgumentException>(() => new CallMachine(wrong, new Prng(1)));
        Assert.Contains(setting, named.Message, StringComparison.Ordinal);
    }

    internal static NodeId Node(int number) => NodeId.Create($"n{number}", new Guid(number, 0, 0, new byte[8]));

    private void Learn()
    {
        for (int call = 100; call < 140; call++)
        {
            Start(call, true, A, B);
            _now += TimeSpan.FromMilliseconds(20);
            End(call, 1, AttemptOutcome.Answered);
        }
    }

    private void Fail(NodeId peer, int times)
    {
        for (int call = 1; call <= times; call++)
        {
            Start(call, false, peer);
            End(call, 1, AttemptOutcome.Unknown);
        }
    }

    private static NodeId Asked(List<CallEffect> effects) =>
        Assert.IsType<CallEffect.StartAttempt>(Assert.Single(effects)).Peer;

    private List<CallEffect> Start(long call, bool isIdempotent, params NodeId[] peers)
    {
        Do(new CallInput.Start(call, peers, Second, isIdempotent));
        return Take();
    }

    private List<CallEffect> End(long call, int attempt, AttemptOutcome outcome)
    {
        Do(new CallInput.Ended(call, attempt, outcome));
        return Take();
    }

    private List<CallEffect> Expire()
    {
        _now = _machine.NextDeadline ?? _now;
        _machine.HandleDeadline(_now);
        return Take();
    }

    private void Do(CallInput input) => _machine.Handle(input, _now);

    private List<CallEffect> Take()
    {
        _effects.Clear();
        while (_machine.TryTakeEffect(out CallEffect? effect))
        {
            _effects.Add(effect);
        }

        return [.. _effects];
    }
}
