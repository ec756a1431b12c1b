using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Node.Mesh;
using Noodle.Primitives;

namespace Noodle.Node.Tests.Mesh;

public sealed class PeerTasksTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly NodeId s_a = NodeId.Create("a", Guid.NewGuid());
    private static readonly NodeId s_b = NodeId.Create("b", Guid.NewGuid());

    [Fact]
    public async Task What_is_asked_for_while_one_runs_is_done_after_it_and_only_the_newest()
    {
        var tasks = new PeerTasks("test", NullLogger.Instance);
        var (begun, go, done) = (Signal(), Signal(), Signal());
        var ran = new List<int>();
        tasks.Start(s_a, async () =>
        {
            ran.Add(1);
            begun.SetResult();
            await go.Task;
        });
        await begun.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        tasks.Start(s_a, () => Note(2));
        tasks.Start(s_a, () => Note(3));
        go.SetResult();
        await done.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        await tasks.CloseAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Equal([1, 3], ran);
        Assert.Equal(0, tasks.Count);

        Task Note(int number)
        {
            ran.Add(number);
            done.SetResult();
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_replaces_several_is_done_instead_of_them()
    {
        var tasks = new PeerTasks("test", NullLogger.Instance);
        var go = Signal();
        var ran = new List<int>();
        tasks.Start(s_a, () => go.Task);
        tasks.Start(s_a, () => Note(2), forSeveral: () => Note(20)); // perhaps at once, perhaps it waits
        tasks.Start(s_a, () => Note(3), forSeveral: () => Note(30));
        tasks.Start(s_a, () => Note(4), forSeveral: () => Note(40));
        Task all = tasks.WhenDoneAsync();
        go.SetResult();
        await all.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Equal(40, ran[^1]);
        Assert.DoesNotContain(3, ran);

        Task Note(int number)
        {
            ran.Add(number);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Peers_do_not_wait_for_each_other_and_a_failure_does_not_stop_what_follows()
    {
        var tasks = new PeerTasks("test", NullLogger.Instance);
        var (stuck, other, again) = (Signal(), Signal(), Signal());
        tasks.Start(s_a, () => stuck.Task);
        tasks.Start(s_b, () => throw new InvalidOperationException("a defect"));
        tasks.Start(s_b, () =>
        {
            other.TrySetResult();
            return Task.CompletedTask;
        });
        await other.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        tasks.Start(s_b, () =>
        {
            again.TrySetResult();
            return Task.CompletedTask;
        });
        await again.Task.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        stuck.SetResult();
        await tasks.CloseAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task One_can_wait_for_all_that_was_asked_for()
    {
        var tasks = new PeerTasks("test", NullLogger.Instance);
        await tasks.WhenDoneAsync();
        var go = Signal();
        int done = 0;
        tasks.Start(s_a, () => go.Task);
        tasks.Start(s_a, () => Task.FromResult(Interlocked.Increment(ref done))); // follows
        tasks.Start(s_b, () => throw new InvalidOperationException("a defect"));
        Task all = tasks.WhenDoneAsync();
        Assert.False(all.IsCompleted);
        go.SetResult();
        await all.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Equal(1, done);
    }

    [Fact]
    public async Task After_the_end_nothing_is_taken()
    {
        var tasks = new PeerTasks("test", NullLogger.Instance);
        await tasks.CloseAsync();
        tasks.Start(s_a, () => throw new InvalidOperationException());
        Assert.Equal(0, tasks.Count);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
