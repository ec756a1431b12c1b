using Noodle.Primitives;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link.Calls;

namespace NoodleNet.Runtime.Tests.Link.Calls;

public sealed class CallRunnerTests
{
    private static readonly NodeId Quick = LinkPair.Node(2), Frozen = LinkPair.Node(3);

    [Fact]
    public async Task A_call_whose_peer_froze_is_answered_once_by_another_and_the_frozen_one_is_told_to_stop()
    {
        using var runner = new CallRunner<Answer>(
            new CallPolicy { Retries = false, MaxAttempts = 2 }, TimeProvider.System, seed: 1);
        var made = new List<Answer>();
        for (int i = 0; i < LatencyQuantile.Least; i++)
        {
            await CallAsync(runner, (peer, _, _) => Give(peer, made), Quick);
        }

        made.Clear();
        TaskCompletionSource stopped = LinkRequestTests.NewSignal();
        CallResult<Answer> result = await CallAsync(
            runner,
            async (peer, _, stop) =>
            {
                if (peer == Frozen)
                {
                    await using CancellationTokenRegistration told = stop.Register(() => stopped.TrySetResult());
                    await stopped.Task;
                    return new CallAttempt<Answer>(AttemptOutcome.Answered, Make(peer, made)); // too late
                }

                return await Give(peer, made);
            },
            Frozen, Quick);
        await stopped.Task.WaitAsync(LinkPair.Bound);
        Assert.Equal((CallVerdict.Answered, Quick, 2, Quick),
            (result.Verdict, result.Peer, result.Attempts, result.Reply!.From));
        Assert.Equal([true], made.Where(answer => answer.From == Frozen).Select(answer => answer.IsDisposed));
        Assert.Equal([false], made.Where(answer => answer.From == Quick).Select(answer => answer.IsDisposed));
        Assert.Equal(0, runner.Count);
    }

    [Fact]
    public async Task A_defect_in_asking_reaches_the_caller_and_ends_the_call()
    {
        using var runner = new CallRunner<Answer>(new CallPolicy(), TimeProvider.System, seed: 1);
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => CallAsync(
            runner, (_, _, _) => throw new InvalidTimeZoneException(), Quick, Frozen));
        Assert.Equal(0, runner.Count);
    }

    [Fact]
    public async Task A_failing_peer_is_left_alone_until_it_is_connected_anew()
    {
        using var runner = new CallRunner<Answer>(
            new CallPolicy { Retries = false }, TimeProvider.System, seed: 1);
        for (int i = 0; i < 5; i++)
        {
            CallResult<Answer> failed = await CallAsync(
                runner, (_, _, _) => throw new OperationCanceledException(), Frozen);
            Assert.Equal((CallVerdict.Failed, null), (failed.Verdict, failed.Reply));
        }

        Assert.Equal((false, BreakerState.Open, true),
            (runner.Allows(Frozen), runner.GetState(Frozen), runner.Allows(Quick)));
        runner.NoteConnected(Frozen);
        Assert.Equal((true, BreakerState.Closed), (runner.Allows(Frozen), runner.GetState(Frozen)));
    }

    private static Task<CallResult<Answer>> CallAsync(
        CallRunner<Answer> runner, AskPeer<Answer> ask, params NodeId[] peers) => runner
        .CallAsync(new CallTerms(peers, TimeSpan.FromSeconds(30), IsIdempotent: true), ask, CancellationToken.None)
        .WaitAsync(LinkPair.Bound);

    private static Task<CallAttempt<Answer>> Give(NodeId peer, List<Answer> made) =>
        Task.FromResult(new CallAttempt<Answer>(AttemptOutcome.Answered, Make(peer, made)));

    private static Answer Make(NodeId peer, List<Answer> made)
    {
        var answer = new Answer(peer);
        lock (made)
        {
            made.Add(answer);
        }

        return answer;
    }

    private sealed class Answer(NodeId from) : IDisposable
    {
        public NodeId From => from;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
