using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>One call of a <see cref="CallRunner{T}"/> and its attempts, the first of which has number 1.</summary>
internal sealed class PendingCall<T>(AskPeer<T> ask)
    where T : IDisposable
{
    private readonly TaskCompletionSource<CallEffect.Finish> _finished =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<PendingAttempt<T>> _attempts = [];

    public Task Finished => _finished.Task;

    public AskPeer<T> Ask => ask;

    public PendingAttempt<T> Add(CallEffect.StartAttempt start)
    {
        var attempt = new PendingAttempt<T>(start.Peer);
        _attempts.Add(attempt);
        return attempt;
    }

    public PendingAttempt<T> Find(int number) => _attempts[number - 1];

    public void Finish(CallEffect.Finish finish) => _finished.TrySetResult(finish);

    /// <summary>Waits until no attempt reads the question any more, and keeps the answer that counts.</summary>
    public async Task<CallResult<T>> TakeResultAsync()
    {
        CallEffect.Finish finish = await _finished.Task.ConfigureAwait(false);
        await Task.WhenAll(_attempts.Select(static attempt => attempt.Ended)).ConfigureAwait(false);
        for (int i = 0; i < _attempts.Count; i++)
        {
            if (i != finish.Attempt - 1)
            {
                _attempts[i].Reply?.Dispose();
            }

            _attempts[i].Dispose();
        }

        if (finish.Attempt == 0)
        {
            return new CallResult<T>(finish.Verdict, default, 0, default);
        }

        PendingAttempt<T> counts = Find(finish.Attempt);
        counts.ThrowIfBroken();
        return new CallResult<T>(finish.Verdict, counts.Peer, _attempts.Count, counts.Reply);
    }
}
