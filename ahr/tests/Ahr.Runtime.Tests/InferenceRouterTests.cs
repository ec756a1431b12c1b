using System.Collections.Concurrent;
using System.Diagnostics;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Ahr.Runtime.Tests;

public sealed class InferenceRouterTests
{
    [Fact]
    public async Task A_call_runs_here_when_this_node_is_the_best()
    {
        await using RouterScene scene = new();
        scene.Model = scene.Model with { Digest = await scene.Local.LoadAsync([1]) };
        scene.AddRemotes(1);
        using InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(41));
        Assert.Equal((42, Scene.Node(0), 1), (Scene.ValueOf(answer), answer.Node, answer.Attempts));
        Assert.StartsWith("this node, predicted", answer.Decision!.Reason, StringComparison.Ordinal);
        Assert.Empty(scene.Asked);
    }

    [Fact]
    public async Task What_a_call_carries_reaches_the_frame_of_its_run()
    {
        TestTime time = new();
        await using RouterScene scene = new(time);
        scene.Model = scene.Model with { Digest = await scene.Local.LoadAsync([1]) };
        InferenceCall call = RouterScene.Call(41) with
        {
            Owner = "anna", TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Timeout = TimeSpan.FromSeconds(7),
        };
        (await scene.InferAsync(call)).Dispose();
        NbcTask task = scene.Local.Backend.LastTask!;
        Assert.Equal(
            ("adder", "anna", "0af7651916cd43dd8448eb211c80319c", time.GetInstant() + call.Timeout),
            (task.Name, task.Owner, task.TraceId, task.Deadline!.Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-0af7")]
    public void A_call_without_a_trace_belongs_to_that_of_its_activity(string? traceParent)
    {
        Assert.Equal("", CallTask.Create("no name", "", traceParent, null).TraceId);
        using Activity activity = new Activity("call").SetIdFormat(ActivityIdFormat.W3C).Start();
        Assert.Equal(activity.TraceId.ToHexString(), CallTask.Create("m", "", traceParent, null).TraceId);
    }

    [Fact]
    public async Task A_node_lost_in_mid_call_is_replaced_by_another_with_the_same_key()
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1, 2, 3);
        scene.OnExecute = async (node, call, stop) =>
        {
            await Task.Yield();
            return node == Scene.Node(1) ? RouterScene.Fault(InferenceFault.NodeLost) : RouterScene.Add(call);
        };
        InferenceCall call = RouterScene.Call(1);
        using InferenceAnswer answer = await scene.InferAsync(call);
        Assert.Equal((2, Scene.Node(2), 2), (Scene.ValueOf(answer), answer.Node, answer.Attempts));
        Assert.Equal([call.IdempotencyKey, call.IdempotencyKey], scene.Asked.Select(asked => asked.Key));
        Assert.InRange(scene.Asked[1].Remaining, TimeSpan.Zero, scene.Asked[0].Remaining);
        DecisionEntry entry = Assert.Single(scene.Router.Decisions.Read(10));
        Assert.Equal(
            [(Scene.Node(1), InferenceFault.NodeLost), (Scene.Node(2), InferenceFault.None)],
            entry.Attempts.Select(attempt => (attempt.Node, attempt.Fault)));
        Assert.Equal(("adder", InferenceFault.None, 0L), (entry.Model, entry.Outcome, entry.Sequence));
        Assert.Same(answer.Decision, entry.Decision);
    }

    public static TheoryData<InferenceFault, int> Faults => new()
    {
        { InferenceFault.InvalidInput, 1 },
        { InferenceFault.DeadlineExceeded, 1 },
        { InferenceFault.RunFailed, 2 },
        { InferenceFault.UnknownModel, 4 },
        { InferenceFault.NotReady, 4 },
        { InferenceFault.Overloaded, 4 },
        { InferenceFault.NodeLost, 4 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_that_stays_comes_back_by_name_after_its_attempts(InferenceFault fault, int attempts)
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1, 2);
        scene.OnExecute = (_, _, _) => new(RouterScene.Fault(fault));
        InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1));
        Assert.Equal((fault, attempts, attempts), (answer.Fault, answer.Attempts, scene.Asked.Count));
        string words = fault == InferenceFault.DeadlineExceeded
            ? "model 'adder' gave no answer within 10000 ms" : $"it is {fault}";
        Assert.StartsWith(words, answer.Message, StringComparison.Ordinal);
        Assert.Equal(0, scene.Router.OutstandingTo(Scene.Node(1)));
    }

    [Fact]
    public async Task An_executor_that_breaks_its_promise_counts_as_a_lost_node()
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1, 2, 3);
        scene.OnExecute = (node, call, _) => node == Scene.Node(1) ? throw new InvalidOperationException("a bug")
            : node == Scene.Node(2) ? throw new OperationCanceledException()
            : new(RouterScene.Add(call));
        using InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1));
        Assert.Equal((Scene.Node(3), 3), (answer.Node, answer.Attempts));
    }

    [Fact]
    public async Task A_call_out_of_time_ends_and_says_so()
    {
        TestTime time = new();
        await using RouterScene scene = new(time);
        scene.AddRemotes(1);
        CancellationToken seen = default;
        scene.OnExecute = async (_, call, stop) =>
        {
            seen = stop;
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            return RouterScene.Add(call);
        };
        Task<InferenceAnswer> waiting = scene.InferAsync(RouterScene.Call(1, timeoutMs: 200));
        Assert.Equal(1, scene.Router.OutstandingTo(Scene.Node(1)));
        time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(seen.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
        InferenceAnswer answer = await waiting;
        Assert.Equal(InferenceFault.DeadlineExceeded, answer.Fault);
        Assert.Equal("model 'adder' gave no answer within 200 ms: give the call more time", answer.Message);
        Assert.Equal(TimeSpan.FromMilliseconds(200), scene.Router.Decisions.Read(1)[0].Duration);
        Assert.Equal(InferenceFault.DeadlineExceeded, (await scene.InferAsync(RouterScene.Call(1, 0))).Fault);
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_its_call()
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.OnExecute = async (_, call, stop) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            return RouterScene.Add(call);
        };
        using CancellationTokenSource goes = new();
        Task<InferenceAnswer> call = scene.InferAsync(RouterScene.Call(1), goes.Token);
        await began.Task.WaitAsync(Scene.Patience);
        await goes.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(scene.Router.Decisions.Read(1)[0].Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => scene.InferAsync(RouterScene.Call(1), goes.Token));
    }

    [Fact]
    public async Task Unknown_models_and_models_ready_nowhere_are_refused_by_name()
    {
        await using RouterScene scene = new();
        InferenceAnswer unknown = await scene.InferAsync(RouterScene.Call(1, model: "ader"));
        Assert.Equal(InferenceFault.UnknownModel, unknown.Fault);
        Assert.Equal("no model 'ader' is deployed: deploy it or check the name", unknown.Message);
        InferenceAnswer nowhere = await scene.InferAsync(RouterScene.Call(1));
        Assert.Equal((InferenceFault.NotReady, 0), (nowhere.Fault, nowhere.Attempts));
        Assert.Contains("none of 1 nodes has the model loaded", nowhere.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_waits_for_a_model_that_is_being_loaded_here()
    {
        await using RouterScene scene = new();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.Local.Backend.LoadGate = gate.Task;
        scene.Model = scene.Model with { Digest = await scene.Local.ImportAsync([1]) };
        Task<ModelStatus> load = scene.Local.Host.LoadAsync(scene.Model.Digest, default);
        Task<InferenceAnswer> call = scene.InferAsync(RouterScene.Call(1));
        Assert.False(call.IsCompleted);
        gate.SetResult();
        Assert.Equal(2, Scene.ValueOf(await call));
        await load;
    }

    [Fact]
    public async Task A_call_waits_for_a_model_that_is_being_loaded_elsewhere_by_signal_or_by_period()
    {
        TestTime time = new();
        await using RouterScene scene = new(time) { BeingLoaded = true };
        Task<InferenceAnswer> call = scene.InferAsync(RouterScene.Call(1));
        scene.AddRemotes(1);
        scene.Local.Host.Changes.Raise();
        Assert.Equal(2, Scene.ValueOf(await call));

        scene.Mesh.RemoveAt(1);
        call = scene.InferAsync(RouterScene.Call(2));
        await time.TimerWithinAsync(TimeSpan.FromMilliseconds(250));
        scene.AddRemotes(1);
        time.Advance(TimeSpan.FromMilliseconds(250)); // the signal was lost
        Assert.Equal(3, Scene.ValueOf(await call));

        scene.Mesh.RemoveAt(1);
        call = scene.InferAsync(RouterScene.Call(3, timeoutMs: 100));
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(InferenceFault.DeadlineExceeded, (await call).Fault);
    }

    [Fact]
    public async Task When_the_last_node_is_gone_after_a_loss_the_loss_is_the_answer()
    {
        TestTime time = new();
        await using RouterScene scene = new(time);
        scene.AddRemotes(1);
        scene.OnExecute = (_, _, _) =>
        {
            scene.Mesh.RemoveAt(1);
            return new(RouterScene.Fault(InferenceFault.NodeLost));
        };
        Task<InferenceAnswer> call = scene.InferAsync(RouterScene.Call(1));
        await time.TimerWithinAsync(TimeSpan.FromMilliseconds(10));
        time.Advance(TimeSpan.FromMilliseconds(10));
        InferenceAnswer answer = await call;
        Assert.Equal((InferenceFault.NodeLost, 1, "it is NodeLost"), (answer.Fault, answer.Attempts, answer.Message));
    }

    [Fact]
    public async Task Service_time_is_learned_from_every_run_but_a_nodes_first()
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1); // 100 us away
        List<long?> predicted = [];
        foreach ((int computeUs, bool isFirst) in new[] { (50_000, true), (700, false), (700, false) })
        {
            scene.OnExecute = (_, call, _) => new(
                RouterScene.Add(call) with { Compute = TimeSpan.FromMicroseconds(computeUs), IsFirstRun = isFirst });
            using InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1));
            predicted.Add(answer.Decision!.Scores[1].Score);
        }

        Assert.Equal([1_100, 1_100, 800], predicted);
    }

    [Fact]
    public async Task Calls_in_flight_count_against_a_node()
    {
        await using RouterScene scene = new();
        scene.AddRemotes(1, 2);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        scene.OnExecute = async (_, call, stop) =>
        {
            await gate.Task.WaitAsync(stop);
            return RouterScene.Add(call);
        };
        Task<InferenceAnswer>[] calls = [.. Enumerable.Range(0, 10).Select(i => scene.InferAsync(RouterScene.Call(i)))];
        Assert.Equal((5, 5), (scene.Router.OutstandingTo(Scene.Node(1)), scene.Router.OutstandingTo(Scene.Node(2))));
        gate.SetResult();
        await Task.WhenAll(calls);
        Assert.Equal((0, 0), (scene.Router.OutstandingTo(Scene.Node(1)), scene.Router.OutstandingTo(Scene.Node(2))));
    }

    [Fact]
    public async Task Of_ten_thousand_calls_over_nodes_that_fail_at_random_each_is_answered_or_refused_once()
    {
        const int count = 10_000;
        await using RouterScene scene = new(options: new ModelHostOptions { MaxRunning = 2, MaxWaiting = 2 });
        scene.Model = scene.Model with { Digest = await scene.Local.LoadAsync([1]) };
        scene.AddRemotes(1, 2, 3, 4);
        ConcurrentDictionary<Guid, int> running = new();
        Prng prng = new(2026);
        Lock gate = new();
        scene.OnExecute = async (_, call, stop) =>
        {
            Assert.True(running.TryAdd(call.IdempotencyKey, 1), "a call ran in two places at once");
            double luck;
            lock (gate)
            {
                luck = prng.NextDouble();
            }

            await Task.Yield();
            InferenceAnswer answer = luck switch
            {
                < 0.30 => RouterScene.Fault(InferenceFault.NodeLost),
                < 0.40 => RouterScene.Fault(InferenceFault.Overloaded),
                < 0.42 => RouterScene.Fault(InferenceFault.RunFailed),
                _ => RouterScene.Add(call),
            };
            running.TryRemove(call.IdempotencyKey, out int _);
            return answer;
        };
        int[] ends = new int[count];
        ConcurrentDictionary<InferenceFault, int> faults = new();
        ParallelOptions options = new() { MaxDegreeOfParallelism = 32 };
        await Parallel.ForAsync(0, count, options, async (i, stop) =>
        {
            using InferenceAnswer answer = await scene.Router.InferAsync(RouterScene.Call(i, 60_000), stop);
            faults.AddOrUpdate(answer.Fault, 1, (_, n) => n + 1);
            if (answer.Fault == InferenceFault.None)
            {
                Assert.Equal(i + 1, Scene.ValueOf(answer));
            }
            else
            {
                Assert.NotEqual("", answer.Message);
            }

            Interlocked.Increment(ref ends[i]);
        });
        Assert.All(ends, end => Assert.Equal(1, end));
        Assert.Equal(count, faults.Values.Sum());
        Assert.True(faults[InferenceFault.None] > count * 0.95, string.Join(", ", faults));
        Assert.DoesNotContain(faults.Keys, fault => fault is not
            (InferenceFault.None or InferenceFault.NodeLost or InferenceFault.Overloaded or InferenceFault.RunFailed));
        Assert.Equal(count, scene.Router.Decisions.Total);
        Assert.Equal(0, scene.Local.Host.InFlight);
        Assert.All(Enumerable.Range(1, 4), node => Assert.Equal(0, scene.Router.OutstandingTo(Scene.Node(node))));
    }
}
