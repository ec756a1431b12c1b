using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

public sealed class SwimPartsTests
{
    private static readonly IPEndPoint Somewhere = new(IPAddress.Loopback, 1);

    [Theory]
    [InlineData(0, 30_000)]
    [InlineData(1, 16_000)]
    [InlineData(2, 7_810)]
    [InlineData(3, 2_000)]
    public void Suspicion_shrinks_with_every_accuser(int confirmations, int expectedMs) =>
        Assert.Equal(TimeSpan.FromMilliseconds(expectedMs),
            Suspicion.Timeout(confirmations, 3, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30)));

    [Theory]
    [InlineData(4, 1, 1, 4)]
    [InlineData(4, 10, 1, 4)]
    [InlineData(4, 100, 1, 8)]
    [InlineData(4, 1_000, 1, 12)]
    [InlineData(4, 10_000, 1, 16)]
    [InlineData(6, 5, 5, 30)]
    [InlineData(3, 5, 1, 3)]
    public void Suspicion_grows_with_the_mesh(int mult, int members, int intervalSeconds, int expectedSeconds) =>
        Assert.Equal(TimeSpan.FromSeconds(expectedSeconds),
            Suspicion.Minimum(mult, members, TimeSpan.FromSeconds(intervalSeconds)));

    [Fact]
    public void An_accuser_counts_once_and_the_first_not_at_all()
    {
        var table = new SuspicionTable(1);
        var suspicion = new Suspicion("x", "a", 2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6), default);
        Assert.True(table.TryAdd(suspicion));
        Assert.False(table.TryAdd(new Suspicion("y", "a", 0, default, default, default)));
        Assert.False(table.Confirm(suspicion, "a"));
        Assert.True(table.Confirm(suspicion, "b"));
        Assert.False(table.Confirm(suspicion, "b"));
        Assert.True(table.Confirm(suspicion, "c"));
        Assert.False(table.Confirm(suspicion, "d"));
        Assert.Equal(default(Instant) + TimeSpan.FromSeconds(1), table.NextDue);
        Assert.False(table.TryTakeDue(default, out _));
        Assert.True(table.TryTakeDue(default(Instant) + TimeSpan.FromSeconds(1), out Suspicion? due));
        Assert.Same(suspicion, due);
        Assert.Null(table.NextDue);
    }

    [Theory]
    [InlineData(false, 0, new[] { true, false })]
    [InlineData(false, 0.3, new[] { true, true, true, false })] // each verdict comes too late to have heard the answer
    [InlineData(true, 0, new[] { false })]
    [InlineData(true, 0.3, new[] { true, true, false })]
    public void A_suspect_is_asked_before_the_verdict_and_again_when_that_is_late(
        bool onlyLate, double lateSeconds, bool[] asks)
    {
        (TimeSpan wait, TimeSpan late) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(lateSeconds));
        var suspicion = new Suspicion("x", "a", 0, 10 * wait, 10 * wait, default, wait, onlyLate);
        Assert.Equal(default(Instant) + ((onlyLate ? 10 : 9) * wait), suspicion.Due);
        foreach (bool asksNow in asks)
        {
            Instant now = suspicion.Due + late;
            Assert.Equal(asksNow, suspicion.TryAsk(now));
            Assert.True(!asksNow || suspicion.Due >= now + wait);
        }
    }

    [Fact]
    public void Moved_times_never_pile_up()
    {
        var table = new SuspicionTable(2);
        for (int i = 0; i < 100; i++)
        {
            Assert.True(table.TryAdd(new Suspicion($"s{i}", "a", 0, TimeSpan.FromSeconds(100 - i), default, default)));
            table.Remove($"s{i}");
        }

        var kept = new Suspicion("kept", "a", 0, TimeSpan.FromSeconds(3), default, default);
        Assert.True(table.TryAdd(kept));
        Assert.Equal(kept.Due, table.NextDue);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(10, 8)]
    [InlineData(100, 12)]
    [InlineData(1000, 16)]
    public void Rumours_are_told_more_often_in_a_larger_mesh(int members, int expected) =>
        Assert.Equal(expected, BroadcastQueue.TransmitLimit(4, members));

    [Fact]
    public void The_least_told_goes_first_then_the_longest_then_the_newest()
    {
        var queue = new BroadcastQueue(10);
        queue.Add("a", [1]);
        queue.Add("b", [2, 2]);
        queue.Add("c", [3]);
        Assert.Equal([2, 3], Take(queue, 7, 2));     // 2+2 and 1+2 bytes fill seven
        Assert.Equal([1, 2], Take(queue, 7, 2));     // b reaches two sends and goes
        Assert.Equal([3, 1], Take(queue, 100, 2));
        Assert.True(queue.IsEmpty && !queue.Contains("a"));
    }

    [Fact]
    public void A_newer_rumour_replaces_the_older_and_a_full_queue_drops_what_is_told_most()
    {
        var queue = new BroadcastQueue(2);
        queue.Add("a", [1]);
        queue.Add("a", [9]);
        Assert.Equal([9], Take(queue, 100, 5));
        queue.Add("b", [2]);
        queue.Add("c", [3]);
        Assert.False(queue.Contains("a"));
        Assert.Equal(2, queue.Count);
        var one = new List<byte[]>();
        queue.Take(100, 2, 1, 5, one);
        Assert.Single(one);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(32, 1)]
    [InlineData(33, 2)]
    [InlineData(64, 2)]
    [InlineData(65, 3)]
    [InlineData(1000, 6)]
    public void States_are_exchanged_less_often_in_a_larger_mesh(int members, int factor) =>
        Assert.Equal(factor, Gossiper.ExchangeFactor(members));

    [Fact]
    public void Health_stays_in_its_bounds()
    {
        var health = new HealthScore(8);
        health.Apply(-3);
        Assert.Equal(0, health.Value);
        health.Apply(100);
        Assert.Equal(7, health.Value);
        Assert.Equal(TimeSpan.FromSeconds(8), health.Scale(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_round_probes_everybody_once() => Gen.Select(Gen.ULong, Gen.Int[1, 30]).Sample((seed, count) =>
    {
        var table = new MemberTable(100, new MemberPool(), new Prng(seed));
        for (int i = 0; i < count; i++)
        {
            Assert.True(
                table.TryAdd($"n{i}", Somewhere, default, ProtocolVersions.Noodle, default, out Member? member));
            member.Become(i == 1 ? MemberState.Left : MemberState.Alive, default);
        }

        for (int round = 0; round < 3; round++)
        {
            var seen = Enumerable.Range(0, Math.Max(0, count - 2))
                .Select(_ => table.NextToProbe("n0", out bool _)!.Name);
            Assert.Equal(Enumerable.Range(2, Math.Max(0, count - 2)).Select(i => $"n{i}").Order(), seen.Order());
        }
    });

    [Fact]
    public void A_pick_is_of_different_members_that_fit() =>
        Gen.Select(Gen.ULong, Gen.Int[0, 40]).Sample((seed, count) =>
    {
        var table = new MemberTable(100, new MemberPool(), new Prng(seed));
        for (int i = 0; i < count; i++)
        {
            table.TryAdd($"n{i}", Somewhere, default, ProtocolVersions.Noodle, default, out Member? member);
            member!.Incarnation = (uint)i;
        }

        List<Member> picked = table.Pick(3, member => member.Incarnation % 2 == 0);
        Assert.Equal(picked.Count, picked.Distinct().Count());
        Assert.All(picked, member => Assert.True(member.Incarnation % 2 == 0));
        Assert.True(count >= 9 || picked.Count == Math.Min(3, (count + 1) / 2));
    });

    [Fact]
    public void The_way_back_is_kept_for_the_newest_losses_and_a_day()
    {
        var lost = new LostPeers(2);
        var prng = new Prng(1);
        Assert.Null(lost.Pick(prng, 5, default));
        lost.Add("a", new IPEndPoint(IPAddress.Loopback, 1), default);
        lost.Add("b", new IPEndPoint(IPAddress.Loopback, 2), default);
        lost.Add("c", new IPEndPoint(IPAddress.Loopback, 3), default);
        Assert.Equal(2, lost.Count);
        Assert.Contains(lost.Pick(prng, 1, default)!.Port, new[] { 2, 3 });
        lost.Remove("b");
        Assert.Null(lost.Pick(prng, 1, default(Instant) + TimeSpan.FromHours(25)));
    }

    [Fact]
    public void Tags_come_back_and_know_their_limit()
    {
        var tags = new Dictionary<string, string> { ["z"] = "1", ["a"] = new string('x', 40) };
        Assert.True(NodeTags.TryEncode(tags, out byte[] meta));
        Assert.Equal(0xFF, meta[0]);
        Assert.Equal(tags.OrderBy(tag => tag.Key), NodeTags.Decode(meta));
        Assert.False(NodeTags.TryEncode(new Dictionary<string, string> { ["k"] = new string('x', 512) }, out _));
        Assert.Equal("web", NodeTags.Decode("web"u8)["role"]);
        Assert.Empty(NodeTags.Decode([]));
        Assert.Empty(NodeTags.Decode([0xFF, 0x81, 0xC1]));
    }

    private static int[] Take(BroadcastQueue queue, int bytes, int limit)
    {
        var taken = new List<byte[]>();
        queue.Take(bytes, 2, 255, limit, taken);
        return [.. taken.Select(message => (int)message[0])];
    }
}
