using System.Diagnostics;
using Noodle.Primitives;

namespace Ahr.Planning.Tests;

public sealed class CallAttemptsTests
{
    private static readonly Instant s_deadline = Instant.Origin + TimeSpan.FromSeconds(10);

    public static TheoryData<AttemptOutcome, bool, AttemptVerdict> First => new()
    {
        { AttemptOutcome.Answered,   true,  AttemptVerdict.Done },
        { AttemptOutcome.Answered,   false, AttemptVerdict.Done },
        { AttemptOutcome.Refused,    true,  AttemptVerdict.GiveUp },
        { AttemptOutcome.OutOfTime,  true,  AttemptVerdict.GiveUp },
        { AttemptOutcome.RunFailed,  true,  AttemptVerdict.RetryElsewhere },
        { AttemptOutcome.RunFailed,  false, AttemptVerdict.GiveUp },
        { AttemptOutcome.TurnedAway, true,  AttemptVerdict.RetryElsewhere },
        { AttemptOutcome.TurnedAway, false, AttemptVerdict.RetryAfterBackoff },
        { AttemptOutcome.NodeLost,   true,  AttemptVerdict.RetryElsewhere },
        { AttemptOutcome.NodeLost,   false, AttemptVerdict.RetryAfterBackoff },
    };

    [Theory]
    [MemberData(nameof(First))]
    public void The_first_fault_decides_by_its_kind(AttemptOutcome outcome, bool othersLeft, AttemptVerdict verdict)
    {
        CallAttempts attempts = new(s_deadline, new Prng(1));
        AttemptStep step = attempts.After(outcome, othersLeft, Instant.Origin);
        Assert.Equal(verdict, step.Verdict);
        Assert.Equal(1, attempts.Count);
        Assert.NotEqual("", step.Reason);
        Assert.Equal(verdict == AttemptVerdict.RetryAfterBackoff, step.Backoff > TimeSpan.Zero);
    }

    [Fact]
    public void A_run_that_failed_on_two_nodes_is_not_tried_on_a_third()
    {
        CallAttempts attempts = new(s_deadline, new Prng(1));
        attempts.After(AttemptOutcome.RunFailed, true, Instant.Origin);
        attempts.After(AttemptOutcome.NodeLost, true, Instant.Origin);
        AttemptStep step = attempts.After(AttemptOutcome.RunFailed, true, Instant.Origin);
        Assert.Equal((AttemptVerdict.GiveUp, "it failed on two nodes"), (step.Verdict, step.Reason));
    }

    [Fact]
    public void The_fourth_attempt_is_the_last()
    {
        CallAttempts attempts = new(s_deadline, new Prng(1));
        AttemptStep step = default;
        for (int i = 0; i < CallAttempts.MaxAttempts; i++)
        {
            step = attempts.After(AttemptOutcome.NodeLost, true, Instant.Origin);
            Assert.Equal(i < 3 ? AttemptVerdict.RetryElsewhere : AttemptVerdict.GiveUp, step.Verdict);
        }

        Assert.Equal("4 attempts failed", step.Reason);
    }

    [Fact]
    public void Nothing_is_tried_past_the_deadline()
    {
        Assert.Equal(
            AttemptVerdict.GiveUp,
            new CallAttempts(s_deadline, new Prng(1)).After(AttemptOutcome.NodeLost, true, s_deadline).Verdict);
        Instant late = s_deadline - TimeSpan.FromMilliseconds(4); // the shortest first backoff is 5 ms
        Assert.Equal(
            AttemptVerdict.GiveUp,
            new CallAttempts(s_deadline, new Prng(1)).After(AttemptOutcome.NodeLost, false, late).Verdict);
    }

    [Fact]
    public void Backoffs_grow_are_jittered_and_bounded() => Gen.ULong.Sample(seed =>
    {
        CallAttempts attempts = new(s_deadline, new Prng(seed));
        double expected = 10;
        for (int i = 0; i < 3; i++, expected *= 2)
        {
            double ms = attempts.After(AttemptOutcome.TurnedAway, false, Instant.Origin).Backoff.TotalMilliseconds;
            Assert.InRange(ms, expected / 2, expected);
        }
    });

    [Fact]
    public void An_outcome_that_is_none_is_a_bug() => Assert.Throws<UnreachableException>(
        () => new CallAttempts(s_deadline, new Prng(1)).After((AttemptOutcome)99, true, Instant.Origin));
}
