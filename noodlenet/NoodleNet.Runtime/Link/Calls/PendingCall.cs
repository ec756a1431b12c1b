using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>One call of a <see cref="LinkCaller"/> and its attempts, the first of which has number 1.</summary>
internal sealed class PendingCall(LinkRequest request)
{
    private readonly TaskCompletionSource<CallEffect.Finish> _finished =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly List<PendingAttempt> _attempts = [];

    public Task Finished => _finished.Task;

    public LinkRequest RequestFor(TimeSpan timeout) => new()
    {
        Head = request.Head with { Timeout = timeout },
        Header = request.Header,
        Body = request.Body,
    };

    public PendingAttempt Add(CallEffect.StartAttempt start)
    {
        var attempt = new PendingAttempt(start.Peer);
        _attempts.Add(attempt);
        return attempt;
    }

    public PendingAttempt Find(int number) => _attempts[number - 1];

    public void Finish(CallEffect.Finish finish) => _finished.TrySetResult(finish);

    /// <summary>Waits until no attempt reads the request any more, and keeps the reply that counts.</summary>
    public async Task<LinkCallResult> TakeResultAsync()
    {
        CallEffect.Finish finish = await _finished.Task.ConfigureAwait(false);
        await Task.WhenAll(_attempts.Select(static attempt => attempt.Ended)).ConfigureAwait(false);
        for (int i = 0; i < _attempts.Count; i++)
        {
            if (i != finish.Attempt - 1)
            {
                _attempts[i].Reply.Dispose();
            }

            _attempts[i].Dispose();
        }

        return finish.Attempt == 0
            ? new LinkCallResult(finish.Verdict, default, 0, new LinkReply(NoodleNet.Link.LinkStatus.Cancelled))
            : new LinkCallResult(
                finish.Verdict, Find(finish.Attempt).Peer, _attempts.Count, Find(finish.Attempt).Reply);
    }
}
