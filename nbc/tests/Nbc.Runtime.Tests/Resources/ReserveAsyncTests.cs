using Nbc.Runtime.Resources;
using Noodle.Primitives;

namespace Nbc.Runtime.Tests.Resources;

public sealed class ReserveAsyncTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Room_is_given_at_once_when_there_is_some()
    {
        using var manager = new ResourceManager("r", 4, (ResourceKind.Memory, 10));
        ValueTask<ReserveOutcome> reserve = manager.Root.ReserveAsync(ResourceKind.Memory, 10, default);
        Assert.True(reserve.IsCompletedSuccessfully);
        Assert.Equal(ReserveOutcome.Granted, await reserve);
        manager.Root.Release(ResourceKind.Memory, 10);
    }

    [Fact]
    public async Task Waiters_are_served_in_order_and_small_ones_do_not_overtake()
    {
        using var manager = new ResourceManager("r", 4, (ResourceKind.Memory, 10));
        ResourceAccount a = manager.Root.OpenChild("a");
        Assert.True(a.TryReserve(ResourceKind.Memory, 9));
        Task<ReserveOutcome> large = Wait(a, 8);
        Task<ReserveOutcome> small = Wait(a, 1);
        Assert.False(a.TryReserve(ResourceKind.Memory, 1)); // would starve the large one
        Assert.False(large.IsCompleted || small.IsCompleted);

        a.Release(ResourceKind.Memory, 9);
        Assert.Equal(ReserveOutcome.Granted, await large.WaitAsync(s_bound));
        Assert.Equal(ReserveOutcome.Granted, await small.WaitAsync(s_bound));
        Assert.Equal(9, manager.Root.GetUse(ResourceKind.Memory).InUse);
        Assert.True(a.TryReserve(ResourceKind.Memory, 1)); // nobody waits any more
        a.Release(ResourceKind.Memory, 10);
    }

    [Fact]
    public async Task One_that_waits_for_its_own_limit_does_not_hold_up_others()
    {
        using var manager = new ResourceManager("r", 4, (ResourceKind.Memory, 10));
        ResourceAccount a = manager.Root.OpenChild("a", (ResourceKind.Memory, 2));
        ResourceAccount b = manager.Root.OpenChild("b");
        Assert.True(a.TryReserve(ResourceKind.Memory, 2));
        Assert.True(b.TryReserve(ResourceKind.Memory, 8));
        Task<ReserveOutcome> atA = Wait(a, 2);
        Task<ReserveOutcome> atB = Wait(b, 4);
        b.Release(ResourceKind.Memory, 4);
        Assert.Equal(ReserveOutcome.Granted, await atB.WaitAsync(s_bound));
        Assert.False(atA.IsCompleted);
        a.Release(ResourceKind.Memory, 2);
        Assert.Equal(ReserveOutcome.Granted, await atA.WaitAsync(s_bound));
        a.Release(ResourceKind.Memory, 2);
        b.Release(ResourceKind.Memory, 8);
    }

    [Fact]
    public async Task What_never_fits_and_one_too_many_are_refused()
    {
        using var manager = new ResourceManager("r", 1, (ResourceKind.Memory, 10));
        ResourceAccount a = manager.Root.OpenChild("a");
        Assert.Equal(ReserveOutcome.NeverFits, await a.ReserveAsync(ResourceKind.Memory, 11, default));
        Assert.True(a.TryReserve(ResourceKind.Memory, 10));
        Task<ReserveOutcome> first = Wait(a, 1);
        Assert.Equal(ReserveOutcome.QueueFull, await Wait(a, 1));
        a.Release(ResourceKind.Memory, 10);
        Assert.Equal(ReserveOutcome.Granted, await first.WaitAsync(s_bound));
        a.Release(ResourceKind.Memory, 1);
    }

    [Fact]
    public async Task Cancelling_lets_those_behind_through()
    {
        using var manager = new ResourceManager("r", 4, (ResourceKind.Memory, 10));
        using var cancel = new CancellationTokenSource();
        Assert.True(manager.Root.TryReserve(ResourceKind.Memory, 5));
        Task<ReserveOutcome> large = manager.Root.ReserveAsync(ResourceKind.Memory, 6, cancel.Token).AsTask();
        Task<ReserveOutcome> small = Wait(manager.Root, 1);
        Assert.False(small.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => large.WaitAsync(s_bound));
        Assert.Equal(ReserveOutcome.Granted, await small.WaitAsync(s_bound));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => manager.Root.ReserveAsync(ResourceKind.Memory, 1, cancel.Token).AsTask());
        manager.Root.Release(ResourceKind.Memory, 6);
    }

    [Fact]
    public async Task Closing_ends_the_wait()
    {
        using var manager = new ResourceManager("r", 4, (ResourceKind.Memory, 10));
        ResourceAccount a = manager.Root.OpenChild("a");
        Assert.True(manager.Root.TryReserve(ResourceKind.Memory, 10));
        Task<ReserveOutcome> waiting = Wait(a, 1);
        a.Dispose();
        Assert.Equal(ReserveOutcome.Closed, await waiting.WaitAsync(s_bound));
        Assert.Equal(ReserveOutcome.Closed, await a.ReserveAsync(ResourceKind.Memory, 1, default));
        manager.Root.Release(ResourceKind.Memory, 10);
    }

    [Fact]
    public async Task Many_waiters_on_many_threads_are_all_served()
    {
        using var manager = new ResourceManager("r", 64, (ResourceKind.Memory, 7));
        ResourceAccount[] accounts = [manager.Root.OpenChild("a", (ResourceKind.Memory, 5)),
            manager.Root.OpenChild("b")];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(worker => Task.Run(async () =>
        {
            for (int i = 0; i < 200; i++)
            {
                ResourceAccount account = accounts[(worker + i) % 2];
                long amount = 1 + (i % 5);
                Assert.Equal(ReserveOutcome.Granted, await account.ReserveAsync(ResourceKind.Memory, amount, default));
                account.Release(ResourceKind.Memory, amount);
            }
        }))).WaitAsync(s_bound);
        Assert.Equal(0, manager.Root.GetUse(ResourceKind.Memory).InUse);
        Assert.InRange(manager.Root.GetUse(ResourceKind.Memory).Peak, 1, 7);
    }

    private static Task<ReserveOutcome> Wait(ResourceAccount account, long amount) =>
        account.ReserveAsync(ResourceKind.Memory, amount, default).AsTask();
}
