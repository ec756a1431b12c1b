using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

public sealed class MemberTableTests
{
    private const int Many = 10_000, ViewBytes = 70;
    private static readonly IPEndPoint s_here = new(IPAddress.Loopback, 1), s_there = new(IPAddress.Loopback, 2);
    private readonly MemberPool _pool = new();

    [Fact]
    public void A_table_does_what_a_dictionary_does() =>
        Gen.Select(Gen.ULong, Gen.Select(Gen.Int[0, 3], Gen.Int[0, 40]).Array[0, 200]).Sample((seed, steps) =>
    {
        var pool = new MemberPool();
        var table = new MemberTable(30, pool, new Prng(seed));
        var model = new SortedDictionary<string, (MemberState State, Instant Since)>(StringComparer.Ordinal);
        var now = default(Instant);
        foreach ((int kind, int number) in steps)
        {
            string name = $"n{number}";
            now += TimeSpan.FromSeconds(1);
            if (!table.TryGet(name, out Member? member))
            {
                bool added = table.TryAdd(name, s_here, default, ProtocolVersions.Noodle, now, out _);
                Assert.Equal(model.Count < 30, added && model.TryAdd(name, (MemberState.Dead, now)));
            }
            else if (kind == 3)
            {
                var age = TimeSpan.FromSeconds(number);
                string[] old = [.. model.Where(m => m.Key != "n0" && now - m.Value.Since > age
                    && (m.Value.State is MemberState.Dead or MemberState.Left)).Select(m => m.Key)];
                Assert.Equal(old, table.Reap(age, "n0", now).Select(e => e.Name).Order(StringComparer.Ordinal));
                Array.ForEach(old, n => model.Remove(n));
            }
            else
            {
                member.Become((MemberState)(kind + 1), now);
                var known = model[name];
                model[name] = ((MemberState)(kind + 1), known.State == (MemberState)(kind + 1) ? known.Since : now);
            }

            Assert.Equal(model.Select(m => (m.Key, m.Value.State, m.Value.Since)),
                table.All.Select(m => (m.Name, m.State, m.Since)).OrderBy(m => m.Name, StringComparer.Ordinal));
            Assert.Equal(model.Count(m => m.Value.State is MemberState.Alive or MemberState.Suspect),
                table.PresentCount);
            Assert.Equal(model.Count, pool.Count);
        }
    });

    [Fact]
    public void A_way_that_outlives_its_member_reads_as_dead_and_writes_nothing()
    {
        MemberTable table = Table();
        Member first = Add(table, "first"), second = Add(table, "second");
        second.Incarnation = 5;
        second.Become(MemberState.Alive, default);
        Assert.Single(table.Reap(default, "self", default(Instant) + TimeSpan.FromSeconds(1)));

        first.Incarnation = 9;
        first.Become(MemberState.Alive, default);
        first.Describe(s_there, default, ProtocolVersions.Noodle);
        Assert.Equal((MemberState.Dead, 0u, default(Instant), s_here),
            (first.State, first.Incarnation, first.Since, first.EndPoint));
        Assert.Equal((MemberState.Alive, 5u), (second.State, second.Incarnation));
        Assert.True(table.TryGet("second", out Member? again) && again == second && !(again != second));
        Assert.True(again.Equals((object)second) && again.GetHashCode() == second.GetHashCode());
        Assert.False(again == first || again == null || again.Equals((object?)null));
        Assert.True((Member?)null == (Member?)null);
        Assert.Null(table.NextToProbe("second", out _));
    }

    [Fact]
    public void Views_share_what_members_say_until_they_say_something_else()
    {
        MemberTable a = Table(), b = Table();
        Member here = Add(a, "x"), there = Add(b, "x");
        Assert.Equal(1, _pool.Count);
        Assert.Same(here.EndPoint, there.EndPoint);

        here.Describe(s_there, new byte[] { 1 }, ProtocolVersions.Noodle);
        here.Describe(s_there, new byte[] { 1 }, ProtocolVersions.Noodle);
        Assert.Equal((2, s_there, s_here), (_pool.Count, here.EndPoint, there.EndPoint));
        there.Describe(s_there, new byte[] { 1 }, ProtocolVersions.Noodle);
        Assert.Equal(1, _pool.Count);
        Assert.Same(a.ToRecords()[0], b.ToRecords()[0]);

        b.Reap(default, "self", default(Instant) + TimeSpan.FromSeconds(1));
        a.Reap(default, "self", default(Instant) + TimeSpan.FromSeconds(1));
        Assert.Equal(0, _pool.Count);
        Assert.Equal(s_here, Add(a, "x").EndPoint);
    }

    [Fact]
    public void Versions_are_counted_with_their_members()
    {
        MemberTable table = Table();
        var old = new ProtocolVersions(1, 3, 2, 2, 4, 4);
        Assert.True(table.TryAdd("old", s_here, default, old, default, out Member? member));
        Add(table, "new").Become(MemberState.Alive, default);
        var narrow = new ProtocolVersions(3, 3, 3, 2, 4, 4);
        Assert.True(table.Range().Allows(ProtocolVersions.Noodle));
        member.Become(MemberState.Alive, default);
        Assert.False(table.Range().Allows(ProtocolVersions.Noodle)); // it speaks delegate 5, the old one knows 4
        member.Describe(s_here, default, ProtocolVersions.Noodle);
        Assert.True(table.Range().Allows(ProtocolVersions.Noodle));
        VersionRange range = VersionRange.Everything;
        range.Include(narrow);
        Assert.False(table.AllSpeakWithin(range));
        member.Become(MemberState.Dead, default);
        Assert.True(table.AllSpeakWithin(table.Range()));
    }

    [Fact]
    public void Another_view_of_ten_thousand_members_costs_less_than_seventy_bytes_a_member()
    {
        string[] names = [.. Enumerable.Range(0, Many).Select(i => $"host{i}-0123456789abcdef0123456789abcdef")];
        Fill(names); // the names and what they say, once for all

        long before = GC.GetAllocatedBytesForCurrentThread();
        MemberTable table = Fill(names);
        long perView = (GC.GetAllocatedBytesForCurrentThread() - before) / Many;
        long ways = 48; // the way that TryAdd hands out, which lives for a moment
        Assert.InRange(perView - ways, 1, ViewBytes);
        Assert.Equal(Many, table.Count);
        Assert.Equal(Many, _pool.Count);
    }

    private MemberTable Fill(string[] names)
    {
        MemberTable table = Table();
        table.Reserve(names.Length);
        foreach (string name in names)
        {
            Add(table, name);
        }

        return table;
    }

    private MemberTable Table() => new(20_000, _pool, new Prng(1));

    private static Member Add(MemberTable table, string name)
    {
        Assert.True(table.TryAdd(name, s_here, default, ProtocolVersions.Noodle, default, out Member? member));
        return member;
    }
}
