using System.Buffers.Binary;
using System.Net;
using Nbc.Tensors;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Tests.Nodes;
using NoodleNet.Link;

namespace Noodle.Node.Tests.Routing;

/// <summary>A real node that has to ask others for each call, and two replicas: the first says that it is much the
/// quicker, so that calls go there unless something speaks against it.</summary>
public sealed class RoutingTests
{
    private const ulong QuickUs = 1;
    private const ulong SlowerUs = 200_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_at_a_frozen_replica_is_hedged_and_answered_once()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        await using FakeReplica first = await FakeReplica.StartAsync(mesh, 1, QuickUs);
        await using FakeReplica second = await FakeReplica.StartAsync(mesh, 2, SlowerUs);
        TestNode node = await DeployAsync(mesh);
        await WarmUpAsync(node, first, second);
        using (InferResult before = await InferAsync(node))
        {
            Assert.Equal(1, DigitOf(before));
        }

        int gaveUp = 0;
        first.OnInfer = async (incoming, stop) =>
        {
            await using CancellationTokenRegistration told = stop.Register(() => Interlocked.Increment(ref gaveUp));
            await FakeReplica.FreezeAsync(incoming, stop);
        };
        first.Asked.Clear();
        second.Asked.Clear();
        List<int> attempts = [];
        for (int call = 0; call < 60; call++)
        {
            using InferResult result = await InferAsync(node);
            Assert.Equal((2, second.Id.ToString()), (DigitOf(result), result.Node));
            attempts.Add(result.Attempts);
        }

        Assert.Contains(2, attempts); // asked beside the frozen one
        Assert.Equal(60, second.Asked.Distinct().Count());
        Assert.Equal(60, second.Asked.Count); // nothing ran twice where it was answered
        Assert.Equal(attempts.Count(count => count == 2), first.Asked.Count);
        Assert.InRange(first.Asked.Count, 1, 20); // its silence was felt: the others went elsewhere at once
        await Eventually.IsTrueAsync(
            () => Task.FromResult(Volatile.Read(ref gaveUp) == first.Asked.Count), "the frozen one is told to stop");
    }

    [Fact]
    public async Task A_replica_that_keeps_failing_is_left_alone_and_tried_again_later()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        await using FakeReplica first = await FakeReplica.StartAsync(mesh, 1, QuickUs);
        await using FakeReplica second = await FakeReplica.StartAsync(mesh, 2, SlowerUs);
        TestNode node = await DeployAsync(mesh);
        await WarmUpAsync(node, first, second);

        first.OnInfer = (incoming, stop) => incoming.ReplyAsync(LinkStatus.Unavailable, "", default, [], stop);
        first.Asked.Clear();
        await Eventually.IsTrueAsync(
            async () =>
            {
                using InferResult result = await InferAsync(node);
                Assert.Equal(2, DigitOf(result)); // the router fails over
                ScoreInfo score = await ScoreOfAsync(node, first);
                return score is { Score: null, Reason: "left alone for a while, for its last calls failed" };
            },
            "its breaker opens");
        Assert.True(first.Asked.Count >= 5, "it opens after five failures in a row");

        first.OnInfer = first.AnswerAsync;
        await Eventually.IsTrueAsync(
            async () =>
            {
                using InferResult result = await InferAsync(node);
                return DigitOf(result) == 1;
            },
            "it is tried again, and answers");
    }

    [Fact]
    public async Task A_replica_that_is_slower_than_it_says_gets_few_calls()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        await using FakeReplica first = await FakeReplica.StartAsync(mesh, 1, QuickUs);
        await using FakeReplica second = await FakeReplica.StartAsync(mesh, 2, SlowerUs);
        TestNode node = await DeployAsync(mesh);
        await WarmUpAsync(node, first, second);

        first.OnInfer = async (incoming, stop) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
            await first.AnswerAsync(incoming, stop);
        };
        first.Asked.Clear();
        for (int call = 0; call < 60; call++)
        {
            (await InferAsync(node)).Dispose();
        }

        Assert.InRange(first.Asked.Count, 1, 15);
        ScoreInfo score = await ScoreOfAsync(node, first);
        Assert.Contains("us of it for slow answers", score.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_requirement_chooses_among_replicas_and_one_that_none_meets_is_told_by_its_name()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        await using FakeReplica first = await FakeReplica.StartAsync(mesh, 1, QuickUs);
        await using FakeReplica second = await FakeReplica.StartAsync(mesh, 2, SlowerUs);
        TestNode node = await DeployAsync(mesh);
        for (int call = 0; call < 10; call++)
        {
            using InferResult result = await InferAsync(node, $"on(node=={second.Id.Host}).qos(batch)");
            Assert.Equal(2, DigitOf(result));
        }

        Assert.Empty(first.Asked);
        Assert.Equal($"node {first.Id} != fake2", (await ScoreOfAsync(node, first)).Reason);

        NoodleException unmet = await Assert.ThrowsAsync<NoodleException>(() => InferAsync(node, "on(npu, cpu>=2)"));
        Assert.Equal((NoodleFault.Refused, HttpStatusCode.PreconditionFailed), (unmet.Fault, unmet.Status));
        Assert.Contains("none of the 2 nodes that have it loaded meets on(npu, cpu>=2)", unmet.Message,
            StringComparison.Ordinal);
        Assert.Contains($"{first.Id.ShortName}: npu not known", unmet.Message, StringComparison.Ordinal);
        DecisionInfo decision = (await node.Client.GetDecisionsAsync(1, cancellation: Cancel))[0];
        Assert.Equal(("Unsatisfiable", "none", 0), (decision.Outcome, decision.Chosen, decision.Attempts));
        Assert.Equal(["model not loaded there", "npu not known", "npu not known"],
            decision.Scores.Select(score => score.Reason).Order());

        foreach ((string wrong, string named) in new[] { ("on(ram)", "'ram'"), ("replicas(3)", "replicas(3)") })
        {
            NoodleException error = await Assert.ThrowsAsync<NoodleException>(() => InferAsync(node, wrong));
            Assert.Equal(NoodleFault.InvalidInput, error.Fault);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
        }

        first.OnInfer = FakeReplica.FreezeAsync;
        NoodleException late = await Assert.ThrowsAsync<NoodleException>(
            () => InferAsync(node, $"on(node=={first.Id.Host}).qos(interactive)"));
        Assert.Equal(NoodleFault.DeadlineExceeded, late.Fault); // 100 ms, not the client's own 30 s
    }

    // Both fakes are the replicas, so that the node lets its own go.
    private static async Task<TestNode> DeployAsync(TestMesh mesh)
    {
        TestNode node = mesh.Nodes[0];
        await Eventually.IsTrueAsync(() => Task.FromResult(node.CountConnected() == 3), "all are connected");
        await Digits.DeployAsync(node, replicas: 2);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(!node.ReadyAt("digits").Contains(node.Id) && node.CountReady("digits") == 2),
            "the model is with the replicas alone");
        return node;
    }

    // Until it is known what calls take, and both were felt.
    private static async Task WarmUpAsync(TestNode node, params FakeReplica[] replicas)
    {
        foreach (FakeReplica replica in replicas)
        {
            for (int call = 0; call < 15; call++)
            {
                (await InferAsync(node, $"on(node=={replica.Id.Host})")).Dispose();
            }
        }
    }

    private static Task<InferResult> InferAsync(TestNode node, string? requirement = null) => node.Client.InferAsync(
        "digits", [Digits.Image], new InferOptions { Requirement = requirement }, Cancel);

    private static async Task<ScoreInfo> ScoreOfAsync(TestNode node, FakeReplica replica) =>
        (await node.Client.GetDecisionsAsync(1, cancellation: Cancel))[0].Scores
            .Single(score => score.Node == replica.Id.ToString());

    private static long DigitOf(InferResult result)
    {
        Assert.True(result.Outputs.TryGet("digit", out Tensor? digit));
        return BinaryPrimitives.ReadInt64LittleEndian(digit.Data.Span);
    }
}
