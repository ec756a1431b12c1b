using Noodle.Primitives;
using NoodleNet.Link.Calls;

namespace NoodleNet.Tests.Link.Calls;

public sealed class CallPartsTests
{
    private static readonly Instant Start = Instant.Origin;

    public static TheoryData<string, string, BreakerState> Outcomes => new()
    {
        // what happened, + for an answer and - for a failure    afterwards
        { "nothing", "", BreakerState.Closed },
        { "four failures", "----", BreakerState.Closed },
        { "five failures in a row", "-----", BreakerState.Open },
        { "never five in a row, too few to judge", "-+--+-+-+-", BreakerState.Closed },
        { "half of the last twenty", "+-+-+-+-+-+-+-+-+-+-", BreakerState.Open },
        { "less than half of them", "+-+-+-+-+-+-+-+-+-++", BreakerState.Closed },
        { "bad long ago", "----+" + "++++++++++++++++++++" + "-", BreakerState.Closed },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void A_breaker_opens_by_failures_in_a_row_or_by_their_part(string name, string outcomes, BreakerState state)
    {
        var breaker = new PeerBreaker(new BreakerPolicy());
        Tell(breaker, outcomes, Start);
        Assert.True(state == breaker.GetState(Start), name);
        Assert.Equal(state == BreakerState.Closed, breaker.Allows(Start));
    }

    [Fact]
    public void It_stays_open_twice_as_long_after_each_trial_that_fails()
    {
        var breaker = new PeerBreaker(new BreakerPolicy());
        Tell(breaker, "-----", Start);
        Instant now = Start;
        foreach (int seconds in (int[])[1, 2, 4, 8, 16, 30, 30])
        {
            Assert.Equal(now + TimeSpan.FromSeconds(seconds), breaker.OpenUntil(now));
            Tell(breaker, "-+", now); // answers to what was asked before change nothing
            now = breaker.OpenUntil(now)!.Value;
            Assert.Equal((BreakerState.HalfOpen, null), (breaker.GetState(now), breaker.OpenUntil(now)));
            breaker.OnStart(now);
            Assert.False(breaker.Allows(now));
            breaker.OnAbandon();
            Assert.True(breaker.Allows(now));
            Tell(breaker, "-", now);
        }

        now = breaker.OpenUntil(now)!.Value;
        Tell(breaker, "++", now);
        Assert.Equal(BreakerState.Closed, breaker.GetState(now));
        Tell(breaker, "-----", now);
        Assert.Equal(now + TimeSpan.FromSeconds(1), breaker.OpenUntil(now));
    }

    [Fact]
    public void Kinds_have_latencies_of_their_own_and_the_one_not_used_for_longest_is_forgotten()
    {
        var table = new LatencyTable(maxKinds: 2);
        foreach (string kind in (string[])["a", "b", "a", "c"])
        {
            for (int i = 0; i < LatencyQuantile.Least; i++)
            {
                table.Add(kind, TimeSpan.FromMilliseconds(kind == "c" ? 100 : 1));
            }
        }

        Assert.Equal((2, null), (table.Count, table.P95("b")));
        Assert.InRange(table.P95("a")!.Value.TotalMilliseconds, 1, 1.2);
        Assert.InRange(table.P95("c")!.Value.TotalMilliseconds, 100, 115);
    }

    [Fact]
    public void A_window_of_sixty_four_is_looked_at_whole()
    {
        var breaker = new PeerBreaker(new BreakerPolicy { Window = 64, FailuresInARow = 1000, FailurePercent = 100 });
        Tell(breaker, new string('-', 63), Start);
        Assert.Equal(BreakerState.Closed, breaker.GetState(Start));
        Tell(breaker, "-", Start);
        Assert.Equal(BreakerState.Open, breaker.GetState(Start));
    }

    [Fact]
    public void The_table_forgets_the_peer_that_was_used_longest_ago()
    {
        var table = new BreakerTable(new BreakerPolicy(), 3);
        for (int i = 0; i < 3; i++)
        {
            table.Use(CallMachineTests.Node(i));
        }

        PeerBreaker kept = table.Use(CallMachineTests.Node(0));
        table.Use(CallMachineTests.Node(9));
        Assert.Equal(3, table.Count);
        Assert.False(table.TryGet(CallMachineTests.Node(1), out _));
        Assert.True(table.TryGet(CallMachineTests.Node(0), out PeerBreaker? same));
        Assert.Same(kept, same);
    }

    [Fact]
    public void The_budget_never_gives_more_than_its_part_and_its_reserve() =>
        Gen.Select(Gen.Int[0, 100], Gen.Int[0, 20], Gen.Bool.Array[0, 500]).Sample((percent, reserve, isRetry) =>
        {
            var budget = new RetryBudget(percent, reserve);
            int calls = 0, retries = 0;
            foreach (bool retry in isRetry)
            {
                calls += retry ? 0 : 1;
                if (!retry)
                {
                    budget.OnCall();
                }
                else if (budget.TryTake())
                {
                    retries++;
                }

                Assert.True(retries * 100 <= (reserve * 100) + (calls * percent));
            }
        }, iter: 200);

    [Fact]
    public void Five_of_a_hundred_are_slower_than_the_quantile() =>
        Gen.Int[1, 2_000_000].Array[LatencyQuantile.Least, 500].Sample(micros =>
        {
            var latency = new LatencyQuantile();
            foreach (int one in micros)
            {
                latency.Add(TimeSpan.FromMicroseconds(one));
            }

            int[] sorted = [.. micros.Order()];
            int exact = sorted[sorted.Length - 1 - (sorted.Length / 20)];
            double told = latency.P95!.Value.TotalMicroseconds;
            Assert.InRange(told, exact, (exact * 1.13) + 2);
        }, iter: 200);

    [Fact]
    public void The_quantile_needs_a_few_samples_and_forgets_old_ones()
    {
        var latency = new LatencyQuantile();
        for (int i = 0; i < LatencyQuantile.Least; i++)
        {
            Assert.Null(latency.P95);
            latency.Add(TimeSpan.FromDays(1));
        }

        Assert.True(latency.P95 > TimeSpan.FromHours(1));
        for (int i = 0; i < 3000; i++)
        {
            latency.Add(TimeSpan.Zero);
        }

        Assert.Equal(TimeSpan.FromMicroseconds(2), latency.P95);
    }

    private static void Tell(PeerBreaker breaker, string outcomes, Instant now)
    {
        foreach (char outcome in outcomes)
        {
            breaker.OnStart(now);
            if (outcome == '+')
            {
                breaker.OnSuccess(now);
            }
            else
            {
                breaker.OnFailure(now);
            }
        }
    }
}
