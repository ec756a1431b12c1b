using Ahr.Backends;
using Noodle.Primitives;

namespace Ahr.Runtime.Tests;

public sealed class ModelHostTests
{
    [Fact]
    public async Task A_stored_model_is_loaded_once_however_many_ask_and_answers()
    {
        await using Scene scene = new();
        string digest = await scene.ImportAsync([1]);
        Assert.Equal(ModelState.Absent, scene.Host.GetStatus(digest).State);
        ModelStatus[] all = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => scene.Host.LoadAsync(digest, default)));
        Assert.All(all, status => Assert.Equal(ModelState.Ready, status.State));
        Assert.Equal(1, scene.Backend.Loads);
        Assert.Equal("x INT64 []", Assert.Single(all[0].Inputs).ToString());
        Assert.True(scene.Host.IsReady(digest));
        Assert.Equal(all[0].MemoryBytes, scene.Account.GetUse(ResourceKind.Memory).InUse);
        for (int i = 0; i < 100; i++)
        {
            using InferenceAnswer answer = await scene.Host.RunAsync(digest, Scene.Number(i), null, default);
            Assert.Equal((i + 1, Scene.Node(0), 1), (Scene.ValueOf(answer), answer.Node, answer.Attempts));
        }

        Assert.Equal(0, scene.Host.InFlight);
        Assert.Equal(digest, Assert.Single(scene.Host.List()).Digest);
    }

    [Fact]
    public async Task A_model_that_is_not_here_is_fetched_first()
    {
        Fetcher fetcher = new("model"u8.ToArray());
        await using Scene scene = new(fetcher: fetcher);
        string digest = Scene.DigestOf("model"u8);
        Task<ModelStatus> load = scene.Host.LoadAsync(digest, default);
        Assert.Equal(ModelState.Fetching, scene.Host.GetStatus(digest).State);
        Assert.Equal(
            InferenceFault.NotReady, (await scene.Host.RunAsync(digest, Scene.Number(1), null, default)).Fault);
        await fetcher.Began.Task.WaitAsync(Scene.Patience);
        Assert.Equal(new FetchProgress(3, 5), scene.Host.GetStatus(digest).Fetched);
        fetcher.Gate.SetResult();
        Assert.Equal(ModelState.Ready, (await load.WaitAsync(Scene.Patience)).State);
    }

    [Fact]
    public async Task Why_a_model_failed_is_told_and_the_next_wish_tries_again()
    {
        await using Scene scene = new();
        string digest = await scene.ImportAsync([1]);
        scene.Backend.LoadFault = new BackendException(BackendFault.UnsupportedModel, "it has an odd operator");
        ModelStatus failed = await scene.Host.LoadAsync(digest, default);
        Assert.Equal(
            (ModelState.Failed, "it has an odd operator", 0), (failed.State, failed.Reason, failed.MemoryBytes));
        InferenceAnswer answer = await scene.Host.RunAsync(digest, Scene.Number(1), null, default);
        Assert.Equal(InferenceFault.NotReady, answer.Fault);
        Assert.Contains("it has an odd operator", answer.Message, StringComparison.Ordinal);
        scene.Backend.LoadFault = new InvalidOperationException("a bug");
        failed = await scene.Host.LoadAsync(digest, default);
        Assert.Contains("InvalidOperationException", failed.Reason, StringComparison.Ordinal);
        scene.Backend.LoadFault = null;
        Assert.Equal(ModelState.Ready, (await scene.Host.LoadAsync(digest, default)).State);
    }

    [Fact]
    public async Task What_stops_a_load_before_the_engine_is_named()
    {
        await using Scene scene = new(memory: 100);
        string absent = new('a', 64);
        Assert.Contains("no peer", (await scene.Host.LoadAsync(absent, default)).Reason, StringComparison.Ordinal);
        Assert.Contains("digits", (await scene.Host.LoadAsync("latest", default)).Reason, StringComparison.Ordinal);
        string digest = await scene.ImportAsync([1]);
        Assert.Contains("memory limit", (await scene.Host.LoadAsync(digest, default)).Reason, StringComparison.Ordinal);
        await File.WriteAllTextAsync(scene.Store.PathOf(digest), "damaged");
        Assert.Contains("damaged", (await scene.Host.LoadAsync(digest, default)).Reason, StringComparison.Ordinal);
        Assert.Equal(0, scene.Backend.Loads);
        await using Scene elsewhere = new(fetcher: new Fetcher(null));
        Assert.Equal("no peer has it", (await elsewhere.Host.LoadAsync(absent, default)).Reason);
    }

    [Fact]
    public async Task A_full_host_makes_room_only_by_forgetting_failures()
    {
        await using Scene scene = new(new ModelHostOptions { MaxModels = 1 });
        Assert.Equal(ModelState.Failed, (await scene.Host.LoadAsync(new string('a', 64), default)).State);
        await scene.LoadAsync([1]);
        string second = await scene.ImportAsync([2]);
        Assert.Contains("MaxModels", (await scene.Host.LoadAsync(second, default)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_beyond_the_slots_wait_and_beyond_the_queue_are_refused()
    {
        await using Scene scene = new(new ModelHostOptions { MaxRunning = 2, MaxWaiting = 3 });
        string digest = await scene.LoadAsync([1]);
        scene.Backend.HoldRuns();
        Task<InferenceAnswer>[] calls = [.. Enumerable.Range(0, 5).Select(
            i => scene.Host.RunAsync(digest, Scene.Number(i), null, default).AsTask())];
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        Assert.Equal(5, scene.Host.InFlight);
        InferenceAnswer refused = await scene.Host.RunAsync(digest, Scene.Number(9), null, default);
        Assert.Equal(InferenceFault.Overloaded, refused.Fault);
        scene.Backend.LetAllEnd();
        InferenceAnswer[] answers = await Task.WhenAll(calls).WaitAsync(Scene.Patience);
        Assert.Equal([1, 2, 3, 4, 5], answers.Select(Scene.ValueOf));
        Assert.Equal(2, scene.Backend.MostRunning);
    }

    [Fact]
    public async Task Runs_that_begin_before_any_has_ended_are_cold_and_teach_nothing()
    {
        await using Scene scene = new(new ModelHostOptions { MaxRunning = 2, MaxWaiting = 2 });
        string digest = await scene.LoadAsync([1]);
        scene.Backend.HoldRuns();
        Task<InferenceAnswer>[] cold = [.. Enumerable.Range(0, 2)
            .Select(i => scene.Host.RunAsync(digest, Scene.Number(i), null, default).AsTask())];
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        scene.Backend.LetAllEnd();
        Assert.All(await Task.WhenAll(cold).WaitAsync(Scene.Patience), answer => Assert.True(answer.IsFirstRun));
        ModelStatus status = scene.Host.GetStatus(digest);
        Assert.Equal((2, 1_000), (status.Served, status.ServiceMicroseconds));
        using InferenceAnswer warm = await scene.Host.RunAsync(digest, Scene.Number(1), null, default);
        Assert.False(warm.IsFirstRun);
        Assert.Equal(2, Scene.ValueOf(warm));
    }

    [Fact]
    public async Task Unloading_waits_for_running_calls_and_takes_no_new_ones()
    {
        await using Scene scene = new();
        string digest = await scene.LoadAsync([1]);
        scene.Backend.HoldRuns();
        Task<InferenceAnswer> running = scene.Host.RunAsync(digest, Scene.Number(1), null, default).AsTask();
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        Task unload = scene.Host.UnloadAsync(digest);
        Assert.Same(unload, scene.Host.UnloadAsync(digest));
        Assert.False(scene.Host.IsReady(digest));
        Task<ModelStatus> reload = scene.Host.LoadAsync(digest, default);
        Assert.Equal(
            InferenceFault.NotReady, (await scene.Host.RunAsync(digest, Scene.Number(1), null, default)).Fault);
        Assert.False(unload.IsCompleted);
        Assert.Equal(0, scene.Backend.Disposed);
        scene.Backend.LetAllEnd();
        Assert.Equal(2, Scene.ValueOf(await running.WaitAsync(Scene.Patience)));
        await unload.WaitAsync(Scene.Patience);
        Assert.Equal(1, scene.Backend.Disposed);
        Assert.Equal(ModelState.Ready, (await reload.WaitAsync(Scene.Patience)).State);
        Assert.True(scene.Host.UnloadAsync(new string('b', 64)).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Unloading_ends_a_load_under_way()
    {
        await using Scene scene = new();
        scene.Backend.LoadGate = new TaskCompletionSource().Task;
        string digest = await scene.ImportAsync([1]);
        Task<ModelStatus> load = scene.Host.LoadAsync(digest, default);
        await scene.Host.UnloadAsync(digest).WaitAsync(Scene.Patience);
        Assert.Contains("unloaded", (await load.WaitAsync(Scene.Patience)).Reason, StringComparison.Ordinal);
        Assert.Equal(ModelState.Absent, scene.Host.GetStatus(digest).State);
    }

    [Fact]
    public async Task Faults_of_a_run_come_back_by_kind_and_a_cancelled_one_leaves_no_trace()
    {
        await using Scene scene = new();
        string digest = await scene.LoadAsync([1]);
        foreach ((Exception fault, InferenceFault expected) in new (Exception, InferenceFault)[]
        {
            (new BackendException(BackendFault.InvalidInput, "odd"), InferenceFault.InvalidInput),
            (new BackendException(BackendFault.RunFailed, "odd"), InferenceFault.RunFailed),
            (new BackendException(BackendFault.LimitReached, "odd"), InferenceFault.RunFailed),
            (new BackendException(BackendFault.DeadlineExceeded, "late"), InferenceFault.DeadlineExceeded),
            (new InvalidOperationException("a bug"), InferenceFault.RunFailed),
        })
        {
            scene.Backend.RunFault = fault;
            Assert.Equal(expected, (await scene.Host.RunAsync(digest, Scene.Number(1), null, default)).Fault);
        }

        scene.Backend.HoldRuns();
        using CancellationTokenSource stop = new();
        Task<InferenceAnswer> run = scene.Host.RunAsync(digest, Scene.Number(1), null, stop.Token).AsTask();
        await scene.Backend.Began.WaitAsync(Scene.Patience);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Scene.Patience));
        Assert.Equal(0, scene.Host.InFlight);
    }

    [Fact]
    public async Task A_disposed_host_loads_nothing()
    {
        Scene scene = new();
        await scene.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => scene.Host.LoadAsync(new string('a', 64), default));
    }

    private sealed class Fetcher(byte[]? content) : IModelFetcher
    {
        public TaskCompletionSource Gate { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<StoreResult> FetchAsync(
            string digest, ModelStore store, IProgress<FetchProgress> progress, CancellationToken cancellation)
        {
            progress.Report(new FetchProgress(3, 5));
            Began.TrySetResult();
            if (content is null)
            {
                return new StoreResult(StoreFault.Missing, "no peer has it", "", 0);
            }

            await Gate.Task.WaitAsync(cancellation);
            return await store.ImportAsync(new MemoryStream(content), digest, cancellation);
        }
    }
}
