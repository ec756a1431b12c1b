namespace Ahr.Runtime.Tests;

public sealed class DuplicateCallsTests
{
    private readonly TestTime _time = new();
    private int _runs;
    private int _freed;

    [Fact]
    public async Task The_same_call_twice_at_once_runs_once_and_both_get_the_result()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        TaskCompletionSource gate = new();
        Guid key = Guid.NewGuid();
        Task<InferenceAnswer>[] three = [.. new[] { 1, 1, 2 }.Select(node =>
            calls.RunAsync(Scene.Node(node), key, stop => RunAsync(gate.Task), default).AsTask())];
        gate.SetResult();
        InferenceAnswer[] answers = await Task.WhenAll(three).WaitAsync(Scene.Patience);
        Assert.Equal([7, 7, 7], answers.Select(Scene.ValueOf));
        Assert.Equal(2, _runs); // another node's key is another call
        answers[0].Dispose();
        answers[0].Dispose();
        Assert.Equal(7, Scene.ValueOf(answers[1]));
        answers[1].Dispose();
        answers[2].Dispose();
        Assert.Equal(0, _freed); // kept for a caller that asks again
    }

    [Fact]
    public async Task A_result_is_kept_for_a_while_and_then_given_back()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        Guid key = Guid.NewGuid();
        (await calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default)).Dispose();
        _time.Advance(TimeSpan.FromSeconds(4));
        using (InferenceAnswer again = await calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default))
        {
            Assert.Equal((1, 8), (_runs, calls.KeptBytes));
            _time.Advance(TimeSpan.FromSeconds(1));
            (await calls.RunAsync(Scene.Node(1), Guid.NewGuid(), stop => RunAsync(), default)).Dispose();
            Assert.Equal((1, 0), (calls.Count, _freed)); // forgotten, but still held by the one who asked again
        }

        Assert.Equal(1, _freed);
        (await calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default)).Dispose();
        Assert.Equal(3, _runs);
        calls.Dispose();
        Assert.Equal((3, 0), (_freed, calls.KeptBytes));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default));
    }

    [Fact]
    public async Task Who_joined_a_run_that_ended_at_anothers_deadline_begins_it_anew()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        Guid key = Guid.NewGuid();
        TaskCompletionSource<InferenceAnswer> first = new();
        Task<InferenceAnswer> hurried = calls.RunAsync(
            Scene.Node(1), key, stop => new(first.Task), default).AsTask();
        Task<InferenceAnswer> patient = calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default).AsTask();
        Assert.Equal(0, _runs); // it joined
        first.SetResult(new InferenceAnswer { Fault = InferenceFault.DeadlineExceeded });
        Assert.Equal(InferenceFault.DeadlineExceeded, (await hurried.WaitAsync(Scene.Patience)).Fault);
        using InferenceAnswer answer = await patient.WaitAsync(Scene.Patience);
        Assert.Equal((7, 1), (Scene.ValueOf(answer), _runs));
    }

    [Fact]
    public async Task Faults_are_not_kept()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        Guid key = Guid.NewGuid();
        ValueTask<InferenceAnswer> Refuse() => new(new InferenceAnswer { Fault = InferenceFault.Overloaded });
        Assert.Equal(
            InferenceFault.Overloaded, (await calls.RunAsync(Scene.Node(1), key, stop => Refuse(), default)).Fault);
        Assert.Equal(0, calls.Count);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await calls.RunAsync(
            Scene.Node(1), key, stop => throw new InvalidOperationException(), default));
        Assert.Equal(0, calls.Count);
        Assert.Equal(7, Scene.ValueOf(await calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), default)));
    }

    [Fact]
    public async Task Keys_and_bytes_are_bounded()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions { MaxKeys = 2, MaxKeptBytes = 8 }, _time);
        (await calls.RunAsync(Scene.Node(1), Guid.NewGuid(), stop => RunAsync(), default)).Dispose();
        (await calls.RunAsync(Scene.Node(1), Guid.NewGuid(), stop => RunAsync(), default)).Dispose();
        Assert.Equal((1, 8, 1), (calls.Count, calls.KeptBytes, _freed)); // the older result went
        TaskCompletionSource gate = new();
        Task<InferenceAnswer>[] running =
            [.. Enumerable.Range(0, 2).Select(_ => calls.RunAsync(
                Scene.Node(1), Guid.NewGuid(), stop => RunAsync(gate.Task), default).AsTask())];
        Assert.Equal((2, 2), (calls.Count, _freed)); // a kept result makes room for a running call
        InferenceAnswer refused = await calls.RunAsync(Scene.Node(1), Guid.NewGuid(), stop => RunAsync(), default);
        Assert.Equal(InferenceFault.Overloaded, refused.Fault);
        gate.SetResult();
        await Task.WhenAll(running).WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task A_result_too_large_to_keep_goes_back_with_its_last_reader()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions { MaxKeptBytes = 7 }, _time);
        InferenceAnswer answer = await calls.RunAsync(Scene.Node(1), Guid.NewGuid(), stop => RunAsync(), default);
        Assert.Equal((0, 0), (calls.Count, _freed));
        answer.Dispose();
        Assert.Equal(1, _freed);
    }

    [Fact]
    public async Task The_run_is_cancelled_only_when_every_caller_has_gone()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource goes = new(), goesToo = new();
        Guid key = Guid.NewGuid();
        CancellationToken seen = default;
        Task<InferenceAnswer> first = calls.RunAsync(
            Scene.Node(1), key, stop => RunAsync(gate.Task.WaitAsync(seen = stop)), goes.Token).AsTask();
        Task<InferenceAnswer> second = calls.RunAsync(Scene.Node(1), key, stop => RunAsync(), goesToo.Token).AsTask();
        await goes.CancelAsync();
        Assert.False(seen.IsCancellationRequested);
        Assert.False(first.IsCompleted); // its inputs are being read for the second caller
        await goesToo.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Scene.Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Scene.Patience));
        Assert.True(seen.IsCancellationRequested);
        Assert.Equal(0, calls.Count);
    }

    [Fact]
    public async Task A_result_that_nobody_waits_for_any_more_is_given_back()
    {
        using DuplicateCalls calls = new(new DuplicateCallsOptions(), _time);
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource goes = new();
        Task<InferenceAnswer> only = calls.RunAsync(
            Scene.Node(1), Guid.NewGuid(), stop => RunAsync(gate.Task), goes.Token).AsTask();
        await goes.CancelAsync();
        gate.SetResult(); // the run did not listen to the cancellation
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => only.WaitAsync(Scene.Patience));
        Assert.Equal((1, 0), (_freed, calls.Count));
    }

    private async ValueTask<InferenceAnswer> RunAsync(Task? gate = null)
    {
        Interlocked.Increment(ref _runs);
        await (gate ?? Task.CompletedTask);
        return new InferenceAnswer { Outputs = Scene.Number(7, new Memory(this)) };
    }

    private sealed class Memory(DuplicateCallsTests owner) : IDisposable
    {
        public void Dispose() => Interlocked.Increment(ref owner._freed);
    }
}
