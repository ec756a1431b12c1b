using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

public sealed class MergeRuleTests
{
    private static readonly NodeId s_a = NodeId.Create("a", Guid.Empty);
    private static readonly NodeId s_b = NodeId.Create("b", Guid.Empty);

    [Fact]
    public void The_rules_of_the_mesh_stay_as_they_are() => Assert.Equal(
        ["token-use/ Greatest", "revoked/ FirstWins"],
        StateKeys.Rules.Table.Select(line => $"{line.Prefix} {line.Rule}"));

    public static TheoryData<string, MergeRule> Keys => new()
    {
        { "revoked/node/x", MergeRule.FirstWins },
        { "revoked/", MergeRule.FirstWins },
        { "revoked", MergeRule.LastWins },
        { "Revoked/node/x", MergeRule.LastWins },
        { "token-use/1/n", MergeRule.Greatest },
        { "token/1", MergeRule.LastWins },
        { "", MergeRule.LastWins },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_has_the_rule_of_its_prefix(string key, MergeRule rule)
    {
        Assert.Equal(rule, StateKeys.Rules.Of(key));
        Assert.Equal(MergeRule.LastWins, MergeRules.None.Of(key));
    }

    [Fact]
    public void The_longest_prefix_decides()
    {
        var rules = new MergeRules(("a/", MergeRule.FirstWins), ("a/b/", MergeRule.Greatest));
        Assert.Equal(MergeRule.FirstWins, rules.Of("a/x"));
        Assert.Equal(MergeRule.Greatest, rules.Of("a/b/x"));
    }

    [Fact]
    public void Each_rule_puts_all_entries_of_a_key_in_one_order() =>
        Gen.Select(Gen.Enum<MergeRule>(), AnyEntry, AnyEntry, AnyEntry).Sample((rule, a, b, c) =>
        {
            Assert.False(a.Beats(a, rule));
            Assert.True(a.Equals(b) ? !a.Beats(b, rule) : a.Beats(b, rule) != b.Beats(a, rule));
            Assert.False(a.Beats(b, rule) && b.Beats(c, rule) && !a.Beats(c, rule));
        });

    [Fact]
    public void A_revocation_is_lost_to_no_later_write_and_no_deletion()
    {
        var map = new LwwMap();
        Assert.Equal(LwwFault.None, map.Set("revoked/node/x", "stolen"u8, At(5, s_a)));

        Assert.Equal(LwwFault.Stale, map.Set("revoked/node/x", ""u8, At(9, s_b)));
        Assert.Equal(LwwFault.Rule, map.Delete("revoked/node/x", At(9, s_b)));
        Assert.Equal(LwwFault.Rule, map.Merge([new LwwEntry("revoked/node/y", At(9, s_b), null)]).FirstFault);
        Assert.True(map.TryGet("revoked/node/x", out ReadOnlyMemory<byte> why));
        Assert.True(why.Span.SequenceEqual("stolen"u8));

        Assert.Empty(map.CollectTombstones(HybridStamp.MaxWallMs, TimeSpan.Zero));
        Assert.Equal(1, map.Count);
        Assert.Equal(LwwFault.None, map.Set("revoked/node/x", "earlier"u8, At(4, s_b)));
    }

    [Fact]
    public void Each_node_counts_for_itself_and_the_greatest_count_stays()
    {
        string ours = StateKeys.CounterOf("token-use/1", s_a), theirs = StateKeys.CounterOf("token-use/1", s_b);
        LwwEntry one = new(ours, At(1, s_a), StateKeys.Number(1)), two = new(ours, At(2, s_a), StateKeys.Number(256));
        LwwEntry other = new(theirs, At(9, s_b), StateKeys.Number(3));

        foreach (LwwMap map in new[] { LwwGen.MapOf([one, two, other]), LwwGen.MapOf([other, two, one]) })
        {
            ulong sum = 0;
            foreach (LwwEntry entry in map.Entries)
            {
                sum += StateKeys.ReadNumber(entry.Value!.Value.Span);
            }

            Assert.Equal(259u, sum);
            Assert.Equal(LwwFault.Rule, map.Set(ours, [1, 2, 3], At(10, s_a)));
            Assert.Equal(LwwFault.None, map.Delete(ours, At(1, s_a)));
            Assert.Equal(LwwFault.Stale, map.Set(ours, StateKeys.Number(ulong.MaxValue), At(99, s_a)));
        }
    }

    [Fact]
    public void A_map_full_of_other_things_still_takes_a_revocation()
    {
        var map = new LwwMap(new LwwLimits(Entries: 32, TotalBytes: 3_200));
        int taken = 0;
        while (map.Set($"model/{taken}", new byte[10], At(1, s_a)) == LwwFault.None)
        {
            taken++;
        }

        Assert.Equal(30, taken);
        Assert.Equal(LwwFault.None, map.Set("revoked/1", [], At(1, s_a)));
        Assert.Equal(LwwFault.None, map.Set("revoked/2", new byte[2_600], At(1, s_a)));
        Assert.Equal(LwwFault.Full, map.Set("revoked/3", [], At(1, s_a)));
        Assert.Equal(LwwFault.None, map.Delete("model/0", At(2, s_a))); // beyond its share, and yet it makes room
        Assert.Equal(LwwFault.Full, map.Set("model/1", new byte[11], At(2, s_a)));
    }

    [Fact]
    public void What_is_examined_is_not_taken()
    {
        var map = new LwwMap();
        var entry = new LwwEntry("k", At(1, s_a), new byte[] { 1 });
        Assert.Equal(LwwFault.None, map.Examine(entry));
        Assert.Equal((0, default), (map.Count, map.LatestStamp));
        map.Merge([entry]);
        Assert.Equal(LwwFault.Stale, map.Examine(entry));
    }

    [Fact]
    public void Only_eight_bytes_are_a_number()
    {
        Gen.ULong.Sample(value => Assert.Equal(value, StateKeys.ReadNumber(StateKeys.Number(value))));
        Assert.Equal(0u, StateKeys.ReadNumber([1, 2]));
    }

    private static readonly Gen<LwwEntry> AnyEntry = Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Byte[0, 3])
        .Select((time, node, value) => new LwwEntry(
            "k", At(time, node ? s_a : s_b), value == 0 ? (ReadOnlyMemory<byte>?)null : StateKeys.Number(value)));

    private static HybridStamp At(long ms, NodeId node) => new(ms, 0, node);
}
