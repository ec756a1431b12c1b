using System.Runtime.CompilerServices;
using Noodle.Primitives;

namespace Ahr.Planning.Tests;

public sealed class LeastLoadedTests
{
    private static readonly NodeId[] s_nodes =
        [.. Enumerable.Range(0, 8).Select(i => NodeId.Create($"n{i}", new Guid(i, 0, 0, new byte[8])))];

    public static TheoryData<string, Candidate[], int, int> Cases => new()
    {   // what is tried           candidates                                                  service us  winner
        { "an idle node wins",     [Local(2), Remote(1, 0, rtt: 200)],                         1_000,      1 },
        { "distance counts",       [Local(0), Remote(1, 0, rtt: 200)],                         1_000,      0 },
        { "the queue outweighs",   [Local(5), Remote(1, 1, rtt: 900)],                         1_000,      1 },
        { "a tie stays here",      [Remote(1, 0, rtt: 0), Local(0)],                           1_000,      1 },
        { "not ready loses",       [Local(9), Remote(1, 0, rtt: 0) with { IsReady = false }],  1_000,      0 },
        { "outstanding counts",    [Local(1), Remote(1, 0, 0) with { OutstandingHere = 7 }],   1_000,      0 },
        { "nothing overflows",     [Remote(0, int.MaxValue, long.MaxValue), Local(3)],         1_000_000,  1 },
        { "negative is idle",      [Local(1), Remote(1, -5, rtt: -100)],                       1_000,      1 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_lowest_predicted_cost_wins(string what, Candidate[] candidates, int service, int winner)
    {
        Decision decision = LeastLoaded.Choose(candidates, [], service, new Prng(1));
        Assert.True(candidates[winner].Node == decision.Chosen, what);
        Assert.Equal(decision.Reason, decision.Scores[winner].Reason);
        Assert.Equal(candidates.Select(c => c.Node), decision.Scores.Select(s => s.Node));
        Assert.All(decision.Scores, score => Assert.NotEqual("", score.Reason));
        Assert.All(decision.Scores, score => Assert.True(score.Reason.All(char.IsAscii)));
    }

    [Fact]
    public void The_score_is_queue_times_service_plus_round_trip() =>
        Assert.Equal((3 * 500) + 120, LeastLoaded.Score(Remote(1, 2, rtt: 120), 500));

    [Fact]
    public void Every_loser_is_told_why()
    {
        Candidate[] candidates =
            [Local(0), Remote(1, 2, 0), Remote(2, 0, 0) with { IsReady = false }, Remote(3, 0, 0)];
        Decision decision = LeastLoaded.Choose(candidates, [s_nodes[3]], 1_000, new Prng(1));
        Assert.Equal(
            ["this node, predicted 1000 us with 0 in flight",
                "remote, predicted 3000 us with 2 in flight, 2000 us more than the winner",
                "model not loaded there",
                "an earlier attempt at this call failed there"],
            decision.Scores.Select(score => score.Reason));
        Assert.Null(decision.Scores[2].Score);
        Assert.Null(decision.Scores[3].Score);
    }

    [Fact]
    public void Nobody_is_chosen_when_nobody_is_eligible_and_the_reason_says_so()
    {
        Prng prng = new(1);
        Candidate idle = Local(0);
        Assert.Equal("no node is alive", LeastLoaded.Choose([], [], 1, prng).Reason);
        Decision notReady = LeastLoaded.Choose([idle with { IsReady = false }], [], 1, prng);
        Assert.True(notReady.Chosen.IsNone);
        Assert.Equal("none of 1 nodes has the model loaded", notReady.Reason);
        Assert.Equal(
            "this call has failed on every node that is ready (1)",
            LeastLoaded.Choose([idle], [idle.Node], 1, prng).Reason);
    }

    [Fact]
    public void Near_equals_share_the_calls_and_a_clearly_worse_node_gets_none()
    {
        Candidate[] candidates = [Remote(1, 0, 10), Remote(2, 0, 20), Remote(3, 0, 20), Remote(4, 1, 10)];
        Prng prng = new(7);
        int[] counts = new int[5];
        for (int i = 0; i < 3_000; i++)
        {
            Decision decision = LeastLoaded.Choose(candidates, [], 1_000, prng);
            counts[Array.IndexOf(s_nodes, decision.Chosen)]++;
        }

        Assert.Equal(0, counts[4]);
        Assert.InRange(counts[1], 1_800, 2_200); // in two of three draws, and wins each
        Assert.InRange(counts[2], 400, 600);
        Assert.InRange(counts[3], 400, 600);
    }

    [Fact]
    public void The_winner_is_never_worse_than_the_near_equal_limit() =>
        Gen.Select(Gen.Int[0, 50], Gen.Int[0, 50], Gen.Long[0, 100_000], Gen.Bool).Array[1, 8]
            .Select(Gen.Int[1, 1_000_000], Gen.ULong)
            .Sample((rows, service, seed) =>
            {
                Candidate[] candidates = [.. rows.Select((row, i) =>
                    new Candidate(s_nodes[i], i == 0, row.Item4, row.Item1, row.Item2, i == 0 ? 0 : row.Item3))];
                Decision decision = LeastLoaded.Choose(candidates, [], service, new Prng(seed));
                Candidate[] ready = [.. candidates.Where(candidate => candidate.IsReady)];
                if (ready.Length == 0)
                {
                    return decision.Chosen.IsNone;
                }

                long best = ready.Min(candidate => LeastLoaded.Score(candidate, service));
                long chosen = LeastLoaded.Score(ready.Single(c => c.Node == decision.Chosen), service);
                return chosen <= best + (best / LeastLoaded.NearEqualFraction);
            });

    [Fact]
    public void A_near_equal_that_was_not_drawn_is_told_so()
    {
        Candidate[] candidates = [Remote(1, 0, 10), Remote(2, 0, 10)];
        Decision decision = LeastLoaded.Choose(candidates, [], 1_000, new Prng(1));
        CandidateScore loser = decision.Scores.Single(score => score.Node != decision.Chosen);
        Assert.Equal("remote, predicted 1010 us with 0 in flight, near-equal but not drawn", loser.Reason);
    }

    [Fact]
    public void As_a_selector_it_chooses_the_same_and_meets_no_requirement_for_it_can_judge_none()
    {
        INodeSelector selector = LeastLoaded.Instance;
        Candidate[] candidates = [Local(2), Remote(1, 0, rtt: 200)];
        selector.Learn(s_nodes[1], "digest", TimeSpan.FromSeconds(9), isAnswered: true);
        Decision decision = selector.Choose(candidates, [], new SelectionAsk("digest", 1_000), new Prng(1));
        Assert.Equal((s_nodes[1], false), (decision.Chosen, decision.IsUnmet));
        Decision unmet = selector.Choose(
            candidates, [], new SelectionAsk("digest", 1_000, 0, "on(gpu)"), new Prng(1));
        Assert.True(unmet is { IsUnmet: true, Chosen.IsNone: true });
        Assert.Contains("on(gpu)", unmet.Reason, StringComparison.Ordinal);
        Assert.Equal(candidates, unmet.Scores.Select(score => score.Candidate));
    }

    [Fact]
    public void What_a_selector_knows_more_of_a_candidate_stands_in_its_reason()
    {
        CandidateScore lost = new(Remote(1, 2, 0), 9_000, 2_000, IsChosen: false);
        Assert.Equal(
            [
                "no gpu",
                "remote, predicted 9000 us with 2 in flight, 8000 us of it for slow answers, " +
                "7000 us more than the winner",
                "remote, predicted 9000 us with 2 in flight, near-equal but not drawn",
            ],
            new[]
            {
                lost with { Score = null, Fault = "no gpu" }, lost with { SlowMicroseconds = 8_000 },
                lost with { IsNearEqual = true },
            }.Select(score => score.Reason));
    }

    [Fact]
    public void Reasons_of_a_hundred_candidates_are_made_when_read_not_when_chosen()
    {
        Candidate[] candidates = [.. Enumerable.Range(0, 100).Select(i => Remote(i % 8, i, 10))];
        Prng prng = new(1);
        LeastLoaded.Choose(candidates, [], 1_000, prng);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Decision decision = LeastLoaded.Choose(candidates, [], 1_000, prng);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, (100 * Unsafe.SizeOf<CandidateScore>()) + 1_000);
        Assert.NotEqual(decision.Scores[98].Reason, decision.Scores[99].Reason);
    }

    private static Candidate Local(int inFlight) => new(s_nodes[0], true, true, inFlight, 0, 0);

    private static Candidate Remote(int node, int inFlight, long rtt) =>
        new(s_nodes[node], false, true, inFlight, 0, rtt);
}
