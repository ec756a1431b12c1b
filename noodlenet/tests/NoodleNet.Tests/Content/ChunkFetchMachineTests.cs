using Noodle.Primitives;
using NoodleNet.Content;

namespace NoodleNet.Tests.Content;

public sealed class ChunkFetchMachineTests
{
    private const int ChunkBytes = 256;

    [Theory]
    [InlineData(1)]
    [InlineData(ChunkBytes)]
    [InlineData(ChunkBytes + 1)]
    [InlineData(100 * ChunkBytes - 3)]
    public void A_file_comes_whole_from_one_holder(int sizeBytes)
    {
        var fetch = new FetchSimulation(sizeBytes, ChunkBytes, 1);
        fetch.Add(1, HolderPlan.Good);
        fetch.Run();
        Assert.Equal(FetchOutcome.Done, fetch.Outcome);
        Assert.True(fetch.DiskIsRight);
        Assert.Equal((sizeBytes, sizeBytes), (fetch.Machine.DoneBytes, fetch.Machine.TotalBytes));
        Assert.InRange(fetch.MostInFlight, 1, 2);
    }

    [Fact]
    public void Several_holders_share_the_work_and_are_faster_than_one()
    {
        TimeSpan one = Fetch(1, out _), four = Fetch(4, out FetchSimulation shared);
        Assert.True(four * 3 < one, $"{four} with four, {one} with one");
        Assert.Equal(8, shared.MostInFlight);
        Assert.All(shared.Served.Values, served => Assert.InRange(served, 20, 40));

        static TimeSpan Fetch(int holders, out FetchSimulation fetch)
        {
            fetch = new FetchSimulation(100 * ChunkBytes, ChunkBytes, 2);
            foreach (int i in Enumerable.Range(0, holders))
            {
                fetch.Add(i, HolderPlan.Good);
            }

            return fetch.Run();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_an_earlier_run_left_is_not_asked_for_again(bool all)
    {
        var fetch = new FetchSimulation(100 * ChunkBytes, ChunkBytes, 3) { Left = i => all || i % 4 != 0 };
        fetch.Add(1, HolderPlan.Good);
        fetch.Run();
        Assert.Equal(FetchOutcome.Done, fetch.Outcome);
        Assert.True(fetch.DiskIsRight);
        Assert.Equal(all ? 0 : 25, fetch.Served.Values.Sum());
    }

    [Fact]
    public void A_liar_is_asked_no_more_and_his_chunk_comes_from_another()
    {
        var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, 4);
        fetch.Add(1, new HolderPlan(TimeSpan.FromMilliseconds(1), LiesInChunks: true));
        fetch.Add(2, HolderPlan.Good);
        fetch.Run();
        Assert.True(fetch.DiskIsRight);
        Assert.Equal([(FetchSimulation.Node(1), HolderFault.Lied)], fetch.Dropped);
        Assert.InRange(fetch.Served[FetchSimulation.Node(1)], 1, 2);
    }

    [Fact]
    public void Another_manifest_than_the_deployment_names_is_a_lie_at_once()
    {
        var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, 5);
        fetch.Add(1, new HolderPlan(TimeSpan.FromMilliseconds(1), LiesInManifest: true));
        fetch.Add(2, HolderPlan.Good);
        fetch.Run();
        Assert.True(fetch.DiskIsRight);
        Assert.Equal((FetchSimulation.Node(1), HolderFault.Lied), Assert.Single(fetch.Dropped));
        Assert.DoesNotContain(FetchSimulation.Node(1), fetch.Served.Keys);
        Assert.Equal(0, fetch.StartedOver);
    }

    [Fact]
    public void Where_nobody_vouches_for_the_manifest_the_whole_shows_who_lied()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, seed, isNamed: false);
            fetch.Add(1, new HolderPlan(TimeSpan.FromMilliseconds(1), LiesInManifest: true));
            fetch.Add(2, HolderPlan.Good);
            fetch.Add(3, HolderPlan.Good);
            fetch.Run();
            Assert.Equal(FetchOutcome.Done, fetch.Outcome);
            Assert.True(fetch.DiskIsRight);
            Assert.DoesNotContain(fetch.Dropped, dropped =>
                dropped.Node != FetchSimulation.Node(1) && dropped.Fault == HolderFault.Lied);
        }
    }

    [Fact]
    public void Whoever_contradicts_his_own_manifest_lied()
    {
        var fetch = new FetchSimulation(
            10 * ChunkBytes, ChunkBytes, 1, isNamed: false);
        fetch.Add(1, HolderPlan.Good with { LiesInChunks = true });
        fetch.At(TimeSpan.FromSeconds(1), () => fetch.Add(2, HolderPlan.Good with { Delay = TimeSpan.FromSeconds(1) }));
        fetch.Run();
        Assert.Equal(FetchOutcome.Done, fetch.Outcome);
        Assert.Equal([(FetchSimulation.Node(1), HolderFault.Lied)], fetch.Dropped);
        Assert.Equal(1, fetch.StartedOver);
    }

    [Fact]
    public void A_slow_holder_does_not_hold_up_the_end()
    {
        var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, 6);
        fetch.Add(1, new HolderPlan(TimeSpan.FromSeconds(8)));
        fetch.Add(2, HolderPlan.Good);
        Assert.InRange(fetch.Run(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(fetch.DiskIsRight);
    }

    [Fact]
    public void A_holder_that_falls_silent_is_passed_over_after_the_limit_and_tried_again_later()
    {
        var fetch = new FetchSimulation(40 * ChunkBytes, ChunkBytes, 7);
        fetch.Add(1, new HolderPlan(TimeSpan.FromMilliseconds(20), Loss: 0.2));
        Assert.InRange(fetch.Run(), TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
        Assert.True(fetch.DiskIsRight);
        Assert.Contains((FetchSimulation.Node(1), HolderFault.Failed), fetch.Dropped);
    }

    [Fact]
    public void A_holder_behind_a_very_slow_line_still_brings_the_file()
    {
        var fetch = new FetchSimulation(5 * ChunkBytes, ChunkBytes, 21);
        fetch.Add(1, HolderPlan.Good);
        fetch.At(TimeSpan.FromMilliseconds(30), () => fetch.Add(1, new HolderPlan(TimeSpan.FromSeconds(15))));
        fetch.Run();
        Assert.Equal(FetchOutcome.Done, fetch.Outcome);
    }

    [Fact]
    public void When_all_die_the_fetch_waits_and_goes_on_with_whoever_returns()
    {
        var fetch = new FetchSimulation(200 * ChunkBytes, ChunkBytes, 8);
        fetch.Add(1, HolderPlan.Good);
        fetch.Add(2, HolderPlan.Good);
        fetch.At(TimeSpan.FromMilliseconds(300), () => { fetch.Remove(1); fetch.Remove(2); });
        long before = 0;
        fetch.At(TimeSpan.FromSeconds(40), () => before = fetch.Machine.DoneBytes);
        fetch.At(TimeSpan.FromSeconds(41), () => fetch.Add(2, HolderPlan.Good));
        Assert.InRange(fetch.Run(), TimeSpan.FromSeconds(41), TimeSpan.FromSeconds(50));
        Assert.True(fetch.DiskIsRight);
        Assert.InRange(before, ChunkBytes, 199 * ChunkBytes);
        Assert.InRange(fetch.Served.Values.Sum(), 200, 208);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Without_a_holder_the_fetch_ends_when_patience_does(bool hasLiar)
    {
        var fetch = new FetchSimulation(10 * ChunkBytes, ChunkBytes, 9);
        if (hasLiar)
        {
            fetch.Add(1, HolderPlan.Good with { Has = false });
        }

        Assert.Equal(TimeSpan.FromSeconds(15), fetch.Run());
        Assert.Equal(FetchOutcome.NoHolder, fetch.Outcome);
    }

    [Fact]
    public void Nodes_that_do_not_say_they_have_it_are_asked_only_when_nobody_says_so()
    {
        var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, 10);
        fetch.Add(1, HolderPlan.Good);
        fetch.Add(2, HolderPlan.Good, saysItHas: false);
        fetch.Add(3, HolderPlan.Good with { Has = false }, saysItHas: false);
        fetch.At(TimeSpan.FromMilliseconds(200), () => fetch.Remove(1));
        fetch.Run();
        Assert.True(fetch.DiskIsRight);
        Assert.InRange(fetch.Served[FetchSimulation.Node(1)], 1, 40);
        Assert.InRange(fetch.Served[FetchSimulation.Node(2)], 10, 49);
    }

    [Fact]
    public void A_busy_holder_is_asked_again_soon()
    {
        var fetch = new FetchSimulation(50 * ChunkBytes, ChunkBytes, 11);
        fetch.Add(1, HolderPlan.Good with { BusyEvery = 5 });
        Assert.InRange(fetch.Run(), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
        Assert.True(fetch.DiskIsRight);
        Assert.Empty(fetch.Dropped);
    }

    public static TheoryData<string, FetchOptions, bool> Sizes => new()
    {
        { "larger than taken",          new FetchOptions { MaxSizeBytes = 1_000 }, true },
        { "of another size than named", new FetchOptions { SizeBytes = 9 },        false },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_file_of_a_wrong_size_is_not_begun(string what, FetchOptions options, bool isTooLarge)
    {
        var fetch = new FetchSimulation(10 * ChunkBytes, ChunkBytes, 12, options, isNamed: false);
        fetch.Add(1, HolderPlan.Good);
        fetch.Add(2, HolderPlan.Good);
        TimeSpan took = fetch.Run();
        Assert.True((isTooLarge ? FetchOutcome.TooLarge : FetchOutcome.NoHolder) == fetch.Outcome, what);
        Assert.Equal(isTooLarge, took < TimeSpan.FromSeconds(1));
        Assert.Empty(fetch.Served);
    }

    [Fact]
    public void A_named_manifest_whose_whole_is_wrong_twice_ends_the_fetch()
    {
        var node = FetchSimulation.Node(1);
        ChunkManifest manifest = FetchSimulation.ManifestOf([1, 2, 3], 2);
        var machine = new ChunkFetchMachine(
            new FetchOptions { ManifestDigest = manifest.Digest }, new Prng(1), Instant.Origin);
        machine.Handle(new FetchInput.HolderFound(node, true), Instant.Origin);
        List<FetchEffect> seen = [];
        while (machine.TryTakeEffect(out FetchEffect? effect))
        {
            seen.Add(effect);
            FetchInput? answer = effect switch
            {
                FetchEffect.AskManifest => new FetchInput.ManifestCame(node, AskFault.None, manifest),
                FetchEffect.OpenPartial => new FetchInput.PartialOpened([true, true]),
                FetchEffect.CheckWhole => new FetchInput.WholeChecked(false),
                _ => null,
            };
            if (answer is not null)
            {
                machine.Handle(answer, Instant.Origin);
            }
        }

        Assert.Equal(2, seen.OfType<FetchEffect.StartOver>().Count());
        Assert.Equal(new FetchEffect.Ended(FetchOutcome.WrongContent), seen[^1]);
        machine.Handle(new FetchInput.HolderFound(node, true), Instant.Origin);
        machine.HandleDeadline(Instant.Never);
        Assert.False(machine.TryTakeEffect(out _));
    }

    [Fact]
    public void Answers_that_nobody_waits_for_change_nothing()
    {
        var fetch = new FetchSimulation(10 * ChunkBytes, ChunkBytes, 13, new FetchOptions { MaxHolders = 1 });
        NodeId node = FetchSimulation.Node(7);
        fetch.Add(1, HolderPlan.Good);
        fetch.Add(7, HolderPlan.Good); // one more than is kept in mind
        FetchInput[] stray =
        [
            new FetchInput.ManifestCame(node, AskFault.None, fetch.Manifest),
            new FetchInput.ChunkCame(node, 3, AskFault.None, new byte[ChunkBytes]),
            new FetchInput.PartialOpened([true]),
            new FetchInput.WholeChecked(true),
            new FetchInput.HolderLost(node),
        ];
        foreach (FetchInput input in stray)
        {
            fetch.Machine.Handle(input, fetch.Now);
            Assert.False(fetch.Machine.TryTakeEffect(out _));
        }

        fetch.Run();
        Assert.True(fetch.DiskIsRight);
    }

    [Fact]
    public void With_one_honest_holder_every_mix_of_slow_lost_busy_and_lying_ones_comes_to_the_right_file() =>
        Gen.Select(Gen.ULong, Plan.Array[0, 6], Gen.Int[1, 60], Gen.Bool).Sample((seed, others, chunks, isNamed) =>
        {
            var fetch = new FetchSimulation((chunks * ChunkBytes) - 7, ChunkBytes, seed, isNamed: isNamed);
            fetch.Add(100, HolderPlan.Good);
            for (int i = 0; i < others.Length; i++)
            {
                int holder = i;
                fetch.Add(holder, others[holder]);
                fetch.At(TimeSpan.FromMilliseconds(100 * i), () => fetch.Remove(holder));
                fetch.At(TimeSpan.FromMilliseconds(200 * i), () => fetch.Add(holder, others[holder], i % 2 == 0));
            }

            fetch.Run();
            if (isNamed || others.All(plan => !plan.LiesInManifest))
            {
                Assert.Equal(FetchOutcome.Done, fetch.Outcome);
                Assert.DoesNotContain((FetchSimulation.Node(100), HolderFault.Lied), fetch.Dropped);
            }

            Assert.Equal(fetch.Outcome == FetchOutcome.Done, fetch.DiskIsRight);
        });

    [Fact]
    public void The_same_seed_gives_the_same_fetch()
    {
        string[] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var fetch = new FetchSimulation(60 * ChunkBytes, ChunkBytes, 99);
            for (int i = 0; i < 5; i++)
            {
                fetch.Add(i, new HolderPlan(TimeSpan.FromMilliseconds(20 * (i + 1)), Loss: 0.1));
            }

            TimeSpan took = fetch.Run();
            return $"{took} {string.Join(' ', fetch.Served.OrderBy(one => one.Key))}";
        })];
        Assert.Equal(runs[0], runs[1]);
    }

    private static readonly Gen<HolderPlan> Plan = Gen.Select(
        Gen.Int[1, 12_000], Gen.Int[0, 2].Select(loss => loss * loss * 0.25), Gen.Int[0, 4],
        Gen.Int[0, 1].Select(busy => busy * 3))
        .Select((delay, loss, kind, busy) => new HolderPlan(
            TimeSpan.FromMilliseconds(delay), loss, LiesInChunks: kind == 1, LiesInManifest: kind == 2,
            Has: kind != 3, BusyEvery: busy));
}
