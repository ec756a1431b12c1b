using Noodle.Primitives;
using NoodleNet.Mesh.Requirements;
using NoodleNet.Mesh.Selection;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Selection;

public sealed class BestNodeTests
{
    [Fact]
    public void Queue_transfer_and_compute_decide_and_each_loser_hears_why()
    {
        NodeCandidate[] candidates =
        [
            Candidate(1, rtt: 1_000, inFlight: 4), Candidate(2, rtt: 30_000), Candidate(3, rtt: 900),
            Candidate(4, rtt: 100) with { Facts = Facts(4, 100) with { Version = "0.1" } },
        ];
        NodeSelection selection = Choose(candidates, "on(version>=1.0)");
        Assert.Equal(Node(3), selection.Chosen);
        Assert.Equal(
            [
                "predicted 51000 us, 40100 us more than the chosen one",
                "predicted 40000 us, 29100 us more than the chosen one", "predicted 10900 us", "version 0.1 < 1.0",
            ],
            selection.Scores.Select(score => score.Reason));
        Assert.Equal([51_000, 40_000, 10_900, null], selection.Scores.Select(score => score.CostMicroseconds));
        Assert.Equal(Node(3), Assert.Single(selection.Scores, score => score.IsChosen).Node);
    }

    [Fact]
    public void Nobody_is_chosen_when_nobody_fits()
    {
        Assert.True(Choose([Candidate(1, 100)], "on(npu)").IsNone);
        Assert.True(Choose([], "").IsNone);
        Assert.Equal("npu not known", Choose([Candidate(1, 100)], "on(npu)").Scores[0].Reason);
    }

    [Fact]
    public void A_large_payload_goes_over_the_wide_way()
    {
        NodeCandidate near = Candidate(1, rtt: 500);
        NodeCandidate wide = Candidate(2, rtt: 5_000) with
        {
            Facts = Facts(2, 5_000) with { BytesPerSecond = 1_000_000_000 },
        };
        Assert.Equal(Node(1), Choose([near, wide], "", 1_000).Chosen);
        Assert.Equal(Node(2), Choose([near, wide], "", 10_000_000).Chosen);
        Assert.Equal(500 + 10_000 + 1_000_000, Choose([near], "", 10_000_000).Scores[0].CostMicroseconds);
    }

    [Fact]
    public void This_node_sends_itself_nothing_and_what_is_not_known_has_a_price()
    {
        NodeCandidate local = Candidate(1, rtt: 0) with { IsLocal = true, ToldAt = null, InFlight = 1 };
        NodeCandidate unknown = new(new NodeFacts { Node = Node(2) }, false, 0, 0, null, null);
        NodeSelection selection = Choose([local, unknown], "", 1_000_000_000);
        Assert.Equal(Node(1), selection.Chosen);
        Assert.Equal([20_000, 50_000 + 100_000_000 + 10_000], selection.Scores.Select(s => s.CostMicroseconds));
        Assert.Equal(20_000 / 16, selection.Scores[0].SpreadMicroseconds);
    }

    [Fact]
    public void Work_that_this_node_sent_counts_before_the_other_has_told_of_it() =>
        Assert.Equal(Node(2), Choose(
            [Candidate(1, 100) with { Outstanding = 5 }, Candidate(2, 100, inFlight: 2)], "").Chosen);

    [Fact]
    public void Who_lies_that_it_is_idle_gets_no_more_work_than_it_gives_back()
    {
        // It says that it has nothing to do and needs a microsecond, and answers nothing.
        NodeCandidate liar = Candidate(1, rtt: 1) with { ServiceMicroseconds = 10_000 };
        NodeCandidate honest = Candidate(2, rtt: 200, inFlight: 3);
        int sent = 0;
        for (int call = 0; call < 100; call++)
        {
            NodeId chosen = Choose([liar with { Outstanding = sent }, honest], "", seed: (ulong)call).Chosen;
            sent += chosen == Node(1) ? 1 : 0;
        }

        Assert.InRange(sent, 1, 5);
    }

    [Fact]
    public void Of_near_equals_both_are_drawn_and_an_old_word_makes_more_near_equals()
    {
        NodeCandidate[] fresh = [Candidate(1, 100), Candidate(2, 100), Candidate(3, 100, inFlight: 1)];
        Assert.Equal([1, 2], Winners(fresh));
        NodeCandidate[] old = [.. fresh.Select(candidate => candidate with { ToldAt = At(-10) })];
        Assert.Equal([1, 2, 3], Winners(old)); // what was in flight ten seconds ago is done
        Assert.Equal(2, Choose(old, "").Scores.Count(
            score => score.Reason.EndsWith("as good as the chosen one by what is known", StringComparison.Ordinal)));

        static int[] Winners(NodeCandidate[] candidates) => [.. Enumerable.Range(0, 64)
            .Select(seed => (int)Choose(candidates, "", seed: (ulong)seed).Chosen.Uuid.ToByteArray()[0])
            .Distinct().Order()];
    }

    [Fact]
    public void No_number_is_too_large() => Gen.Select(
        Gen.Long[0, long.MaxValue], Gen.Int[0, int.MaxValue], Gen.Long[0, long.MaxValue], Gen.Long[1, long.MaxValue])
        .Sample((service, inFlight, payload, rate) =>
    {
        NodeCandidate huge = Candidate(1, long.MaxValue, inFlight) with
        {
            ServiceMicroseconds = service, Facts = Facts(1, long.MaxValue) with { BytesPerSecond = rate },
        };
        NodeSelection selection = Choose([huge, Candidate(2, 1)], "", payload);
        return selection.Scores.All(score => score.CostMicroseconds >= 0 && score.SpreadMicroseconds >= 0);
    });

    [Fact]
    public void Peaks_are_believed_at_once_and_forgotten_slowly()
    {
        var cost = new PeakEwma(TimeSpan.FromSeconds(10));
        Assert.Equal(0, cost.Cost(3));
        cost.Add(Ms(1), At(0));
        cost.Add(Ms(100), At(1));
        Assert.Equal((100_000, 300_000, 100_000), (cost.Cost(0), cost.Cost(2), cost.Cost(-1)));
        cost.Add(Ms(1), At(1));
        Assert.Equal(100_000, cost.AverageMicroseconds);
        cost.Add(Ms(1), At(11));
        Assert.Equal(50_500, cost.AverageMicroseconds);
    }

    [Fact]
    public void A_peak_is_half_forgotten_after_each_silence_and_each_wait_without_answer_doubles_it()
    {
        var cost = new PeakEwma(TimeSpan.FromSeconds(2));
        Assert.Equal(0, cost.Read(At(5)));
        cost.Add(Ms(100), At(10));
        Assert.Equal([100_000, 75_000, 50_000, 37_500, 25_000, 0],
            new[] { 10, 11, 12, 13, 14, 200 }.Select(second => cost.Read(At(second))));
        Assert.Equal(100_000, cost.Read(At(9)));
        cost.AddAtLeast(Ms(40), At(12));
        Assert.Equal(100_000, cost.Read(At(12)));
        cost.AddAtLeast(Ms(900), At(12));
        Assert.Equal(900_000, cost.Read(At(12)));
        for (int i = 0; i < 100; i++)
        {
            cost.AddAtLeast(Ms(1), At(12));
        }

        Assert.Equal(2L * 3_600_000_000, cost.Read(At(12))); // and no further
    }

    [Fact]
    public void What_was_felt_of_each_node_and_kind_is_remembered_within_a_bound()
    {
        var felt = new FeltLatencies();
        felt.Add(Node(1), "small", Ms(700), At(0)); // the first pays what is paid once
        Assert.Null(felt.Read(Node(1), "small", At(0)));
        felt.Add(Node(1), "small", Ms(2), At(0));
        felt.AddAtLeast(Node(1), "large", Ms(9), At(0));
        Assert.Equal((2_000L, 9_000L, null),
            (felt.Read(Node(1), "small", At(0)), felt.Read(Node(1), "large", At(0)),
                felt.Read(Node(2), "small", At(0))));
        for (int kind = 2; kind <= FeltLatencies.Most; kind++)
        {
            felt.Add(Node(1), $"{kind}", Ms(1), At(0));
        }

        Assert.Equal(1, felt.Count); // one too many: all are felt again
    }

    [Fact]
    public void A_node_whose_answers_take_more_than_twice_the_middle_costs_the_rest_too()
    {
        NodeCandidate slow = Candidate(1, 100) with { FeltMicroseconds = 80_000 };
        NodeCandidate other = Candidate(2, 5_000) with { FeltMicroseconds = 9_000 };
        NodeSelection selection = Choose([slow, other], "");
        Assert.Equal(Node(2), selection.Chosen);
        Assert.Equal(
            [
                "predicted 72100 us, 62000 us of it for slow answers, 57100 us more than the chosen one",
                "predicted 15000 us",
            ],
            selection.Scores.Select(score => score.Reason));
        Assert.Equal(10_100, Choose([slow], "").Scores[0].CostMicroseconds); // nothing to hold it against
        Assert.Equal(Node(1), Choose([slow with { IsLocal = true }, other], "").Chosen);
        Assert.Equal(Node(1), Choose([slow, other with { FeltMicroseconds = 40_000 }], "").Chosen);
    }

    [Fact]
    public void This_node_wins_without_a_draw_when_none_is_cheaper()
    {
        NodeCandidate[] candidates =
            [Candidate(1, 0) with { IsLocal = true }, Candidate(2, 100), Candidate(3, 100), Candidate(4, 100)];
        Assert.All(
            Enumerable.Range(0, 64), seed => Assert.Equal(Node(1), Choose(candidates, "", seed: (ulong)seed).Chosen));
        candidates[0] = candidates[0] with { InFlight = 1 };
        Assert.NotEqual(Node(1), Choose(candidates, "").Chosen);
    }

    private static NodeSelection Choose(
        NodeCandidate[] candidates, string requirement, long payload = 0, ulong seed = 1) => BestNode.Choose(
            candidates, RequirementParser.Parse(requirement, out _)!, payload, At(0), new Prng(seed));

    private static NodeCandidate Candidate(int node, long rtt, int inFlight = 0) =>
        new(Facts(node, rtt), false, inFlight, 0, 10_000, At(0));

    private static NodeFacts Facts(int node, long rtt) =>
        new() { Node = Node(node), Version = "1.2", RoundTripMicroseconds = rtt };
}
