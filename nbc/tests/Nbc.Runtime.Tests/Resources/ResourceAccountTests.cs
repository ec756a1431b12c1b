using Nbc.Runtime.Resources;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Resources;

public sealed class ResourceAccountTests
{
    [Fact]
    public void What_a_child_takes_counts_above_it()
    {
        using var manager = new ResourceManager("node", 4, (ResourceKind.Memory, 100));
        ResourceAccount link = manager.Root.OpenChild("link");
        ResourceAccount peer = link.OpenChild("peer-7", (ResourceKind.Memory, 60));
        Assert.Equal("node/link/peer-7", peer.Owner);

        Assert.True(peer.TryReserve(ResourceKind.Memory, 60));
        Assert.False(peer.TryReserve(ResourceKind.Memory, 1));
        Assert.True(link.TryReserve(ResourceKind.Memory, 40));
        Assert.False(link.TryReserve(ResourceKind.Memory, 1));
        Assert.True(peer.TryReserve(ResourceKind.Sockets, 5));
        Assert.Equal(new ResourceUse(100, 100, 100), manager.Root.GetUse(ResourceKind.Memory));
        Assert.Equal(new ResourceUse(100, long.MaxValue, 100), link.GetUse(ResourceKind.Memory));

        peer.Release(ResourceKind.Memory, 60);
        link.Release(ResourceKind.Memory, 40);
        Assert.Equal(new ResourceUse(0, 100, 100), manager.Root.GetUse(ResourceKind.Memory));
        Assert.Equal(new ResourceUse(5, long.MaxValue, 5), manager.Root.GetUse(ResourceKind.Sockets));
    }

    [Fact]
    public void A_refusal_above_takes_nothing_below()
    {
        using var manager = new ResourceManager("node", 4, (ResourceKind.Files, 1));
        ResourceAccount child = manager.Root.OpenChild("a").OpenChild("b");
        Assert.False(child.TryReserve(ResourceKind.Files, 2));
        Assert.Equal(new ResourceUse(0, long.MaxValue, 0), child.GetUse(ResourceKind.Files));
        Assert.Equal(0, manager.Root.GetUse(ResourceKind.Files).InUse);
        Assert.False(child.TryReserve(ResourceKind.Files, long.MaxValue));
        Assert.True(child.TryReserve(ResourceKind.Files, 0));
    }

    [Fact]
    public void It_agrees_with_a_simple_model() =>
        Gen.Select(Gen.Int[0, 2], Gen.Long[-30, 30]).Array[0, 200].Sample(steps =>
        {
            using var manager = new ResourceManager("r", 1, (ResourceKind.Threads, 100));
            ResourceAccount a = manager.Root.OpenChild("a", (ResourceKind.Threads, 60));
            ResourceAccount[] accounts = [manager.Root, a, a.OpenChild("b", (ResourceKind.Threads, 40))];
            long[] own = new long[3], limits = [100, 60, 40];
            foreach ((int who, long amount) in steps)
            {
                if (amount >= 0)
                {
                    bool fits = true;
                    for (int level = 0; level <= who; level++)
                    {
                        fits &= own[level..].Sum() + amount <= limits[level];
                    }

                    Assert.Equal(fits, accounts[who].TryReserve(ResourceKind.Threads, amount));
                    own[who] += fits ? amount : 0;
                }
                else
                {
                    long given = Math.Min(-amount, own[who]);
                    accounts[who].Release(ResourceKind.Threads, given);
                    own[who] -= given;
                }

                Assert.Equal(own.Sum(), accounts[0].GetUse(ResourceKind.Threads).InUse);
                Assert.Equal(own[2], accounts[2].GetUse(ResourceKind.Threads).InUse);
            }
        });

    [Fact]
    public async Task Many_threads_never_pass_the_limit_and_end_at_zero()
    {
        using var manager = new ResourceManager("r", 1, (ResourceKind.Memory, 50));
        ResourceAccount[] accounts = [manager.Root.OpenChild("a"), manager.Root.OpenChild("b", (ResourceKind.Memory,
            30))];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                ResourceAccount account = accounts[(worker + i) % 2];
                if (account.TryReserve(ResourceKind.Memory, i % 20))
                {
                    account.Release(ResourceKind.Memory, i % 20);
                }
            }
        })));
        Assert.Equal(0, manager.Root.GetUse(ResourceKind.Memory).InUse);
        Assert.InRange(manager.Root.GetUse(ResourceKind.Memory).Peak, 1, 50);
        Assert.InRange(accounts[1].GetUse(ResourceKind.Memory).Peak, 1, 30);
        Assert.Equal(0, manager.ExcessReleases);
    }

    [Fact]
    public void Giving_back_too_much_is_a_bug_that_harms_nobody()
    {
        using var manager = new ResourceManager("r", 1);
        ResourceAccount child = manager.Root.OpenChild("a");
        Assert.True(manager.Root.TryReserve(ResourceKind.Memory, 10));
        Assert.True(child.TryReserve(ResourceKind.Memory, 5));
        Exception? assertion = Record.Exception(() => child.Release(ResourceKind.Memory, 7));
#if DEBUG
        Assert.NotNull(assertion);
#else
        Assert.Null(assertion);
#endif
        Assert.Equal(1, manager.ExcessReleases);
        Assert.Equal(0, child.GetUse(ResourceKind.Memory).InUse);
        Assert.Equal(10, manager.Root.GetUse(ResourceKind.Memory).InUse);
    }

    [Fact]
    public void Closing_gives_back_what_was_left_and_says_so()
    {
        var told = new List<ResourceLeak>();
        using var manager = new ResourceManager("r", 1) { Leaked = told.Add };
        ResourceAccount a = manager.Root.OpenChild("a");
        ResourceAccount b = a.OpenChild("b");
        Assert.True(b.TryReserve(ResourceKind.Sockets, 3));
        Assert.True(a.TryReserve(ResourceKind.Memory, 8));
        Assert.Equal(3, manager.AccountCount);

        a.Dispose();
        a.Dispose();
        ResourceLeak[] expected = [new("r/a/b", ResourceKind.Sockets, 3), new("r/a", ResourceKind.Memory, 8)];
        Assert.Equal(expected, told);
        Assert.Equal(expected, manager.GetLeaks());
        Assert.Equal((2, 1), (manager.LeakCount, manager.AccountCount));
        Assert.Equal(0, manager.Root.GetUse(ResourceKind.Memory).InUse);

        Assert.True(b.IsClosed);
        Assert.False(b.TryReserve(ResourceKind.Memory, 0));
        b.Release(ResourceKind.Sockets, 3); // late, and harmless
        Assert.Equal(0, manager.ExcessReleases);
        Assert.Throws<ObjectDisposedException>(() => a.OpenChild("c"));
    }

    [Fact]
    public void Only_the_last_leaks_are_kept()
    {
        using var manager = new ResourceManager("r", 1);
        for (int i = 0; i < ResourceManager.MaxLeaks + 5; i++)
        {
            using ResourceAccount child = manager.Root.OpenChild("c");
            child.TryReserve(ResourceKind.Memory, i + 1);
        }

        Assert.Equal(ResourceManager.MaxLeaks + 5, manager.LeakCount);
        Assert.Equal(ResourceManager.MaxLeaks, manager.GetLeaks().Count);
        Assert.Equal(6, manager.GetLeaks()[0].Amount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    public void A_name_is_one_path_segment(string name)
    {
        using var manager = new ResourceManager("r", 1);
        Assert.Throws<ArgumentException>(() => manager.Root.OpenChild(name));
        Assert.Throws<ArgumentException>(() => manager.Root.OpenChild(new string('x', 129)));
    }

    [Fact]
    public void Negative_amounts_and_limits_are_refused()
    {
        using var manager = new ResourceManager("r", 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => manager.Root.TryReserve(ResourceKind.Memory, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => manager.Root.Release(ResourceKind.Memory, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => manager.Root.OpenChild("a", (ResourceKind.Memory, -1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResourceManager("r", 0));
    }

    [Fact]
    public void Accounts_are_bounded()
    {
        using var manager = new ResourceManager("r", 1);
        IResourceAccount root = manager.Root;
        for (int i = 1; i < ResourceManager.MaxAccounts; i++)
        {
            root.OpenChild("c");
        }

        Assert.Contains("65536", Assert.Throws<InvalidOperationException>(() => root.OpenChild("c")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_reads_as_a_tree()
    {
        using var manager = new ResourceManager("node", 1, (ResourceKind.Memory, 100));
        ResourceAccount link = manager.Root.OpenChild("link");
        manager.Root.OpenChild("ahr");
        link.TryReserve(ResourceKind.Memory, 40);
        link.TryReserve(ResourceKind.Sockets, 2);
        link.Release(ResourceKind.Sockets, 1);
        Assert.Equal(
            "node  memory 40 of 100 (peak 40), sockets 1 (peak 2)\n" +
            "  node/link  memory 40 (peak 40), sockets 1 (peak 2)\n" +
            "  node/ahr  nothing\n",
            manager.GetReport().ToString());
        link.Release(ResourceKind.Memory, 40);
        link.Release(ResourceKind.Sockets, 1);
    }
}
