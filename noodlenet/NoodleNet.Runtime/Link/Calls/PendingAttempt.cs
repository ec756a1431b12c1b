using System.Runtime.ExceptionServices;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>One attempt of a call; it ends when its question is read no more and its answer is kept.</summary>
internal sealed class PendingAttempt<T> : IDisposable
    where T : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ExceptionDispatchInfo? _defect;

    public PendingAttempt(NodeId peer)
    {
        Peer = peer;
        Token = _cancel.Token;
    }

    public NodeId Peer { get; }

    public CancellationToken Token { get; }

    public T? Reply { get; private set; }

    public Task Ended => _ended.Task;

    /// <summary>Owns the task of the attempt, which never fails.</summary>
    public void Run(Task asking) => asking.ContinueWith(
        static (_, ended) => ((TaskCompletionSource)ended!).TrySetResult(), _ended, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public void Keep(T reply) => Reply = reply;

    public void Break(Exception defect) => _defect = ExceptionDispatchInfo.Capture(defect);

    public void ThrowIfBroken() => _defect?.Throw();

    public void Cancel() => _cancel.Cancel();

    public void Dispose() => _cancel.Dispose();
}
