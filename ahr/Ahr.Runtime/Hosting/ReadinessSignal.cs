namespace Ahr.Runtime;

/// <summary>Wakes whoever waits for a model to become ready, here or elsewhere.</summary>
/// <remarks>Take <see cref="Next"/>, look at the state, then await: no change in between is missed.</remarks>
public sealed class ReadinessSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Tells that something changed.</summary>
    public void Raise() => Interlocked
        .Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
        .TrySetResult();
}
