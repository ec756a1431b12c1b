using Ahr.Planning;
using Noodle.Primitives;

namespace Ahr.Runtime.Tests;

/// <summary>The router with a selector and a runner of somebody else's.</summary>
public sealed class RouterPartsTests
{
    private static readonly NodeId[] s_nodes = [.. Enumerable.Range(0, 5).Select(Scene.Node)];

    [Fact]
    public async Task The_selector_hears_what_a_call_asks_for_and_what_attempts_took()
    {
        Selector selector = new();
        await using RouterScene scene = new(selector: selector);
        scene.AddRemotes(1);
        using InferenceAnswer answer = await scene.InferAsync(
            RouterScene.Call(1) with { Requirement = "on(sunshine)" });
        Assert.Equal(s_nodes[1], answer.Node);
        Assert.Equal(new SelectionAsk(scene.Model.Digest, 1_000, sizeof(long), "on(sunshine)"), selector.Asked[0]);
        Assert.Equal([(s_nodes[1], scene.Model.Digest, true)], selector.Learned);
    }

    [Fact]
    public async Task A_requirement_that_no_ready_node_meets_ends_the_call_at_once_by_its_name()
    {
        await using RouterScene scene = new(selector: new Selector { Unmet = "none of 2 nodes meets on(gpu)" });
        scene.AddRemotes(1);
        scene.BeingLoaded = true; // waiting would not help
        InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1) with { Requirement = "on(gpu)" });
        Assert.Equal((InferenceFault.Unsatisfiable, "model 'adder': none of 2 nodes meets on(gpu)", 0),
            (answer.Fault, answer.Message, answer.Attempts));
        Assert.Empty(scene.Asked);
        Assert.Equal(InferenceFault.Unsatisfiable, Assert.Single(scene.Router.Decisions.Read(1)).Outcome);
    }

    [Fact]
    public async Task An_attempt_names_the_next_best_nodes_and_the_answer_of_another_one_counts()
    {
        Selector selector = new();
        Runner runner = new() { Answers = nodes => nodes[1] };
        await using RouterScene scene = new(selector: selector, runner: runner);
        scene.AddRemotes(4, 3, 2, 1);
        using InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1));
        Assert.Equal([s_nodes[1], s_nodes[2], s_nodes[3]], Assert.Single(runner.Calls));
        Assert.Equal((s_nodes[2], 2), (answer.Node, answer.Attempts));
        Assert.Equal([(s_nodes[1], scene.Model.Digest, false)], selector.Learned); // it had no answer by then
        AttemptRecord record = Assert.Single(Assert.Single(scene.Router.Decisions.Read(1)).Attempts);
        Assert.Equal((s_nodes[2], InferenceFault.None, 2), (record.Node, record.Fault, record.Asked));
    }

    [Fact]
    public async Task This_node_may_answer_in_the_place_of_a_slow_one_and_runs_its_own_calls_without_the_runner()
    {
        Runner runner = new() { Answers = nodes => nodes[1] };
        await using RouterScene scene = new(selector: new Selector { Prefers = s_nodes[1] }, runner: runner);
        scene.Model = scene.Model with { Digest = await scene.Local.LoadAsync([1]) };
        scene.AddRemotes(1);
        using (InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(41)))
        {
            Assert.Equal((42, s_nodes[0], 2), (Scene.ValueOf(answer), answer.Node, answer.Attempts));
        }

        await using RouterScene alone = new(selector: new Selector { Prefers = s_nodes[0] }, runner: runner);
        alone.Model = alone.Model with { Digest = await alone.Local.LoadAsync([1]) };
        alone.AddRemotes(1);
        using InferenceAnswer own = await alone.InferAsync(RouterScene.Call(41));
        Assert.Equal((s_nodes[0], 1), (own.Node, runner.Calls.Count));
    }

    [Fact]
    public async Task Attempts_do_not_multiply_the_router_alone_tries_again()
    {
        Runner runner = new();
        await using RouterScene scene = new(runner: runner);
        scene.AddRemotes(1, 2);
        scene.OnExecute = (_, _, _) => new(RouterScene.Fault(InferenceFault.NodeLost));
        InferenceAnswer answer = await scene.InferAsync(RouterScene.Call(1));
        Assert.Equal((InferenceFault.NodeLost, CallAttempts.MaxAttempts), (answer.Fault, answer.Attempts));
        Assert.Equal((CallAttempts.MaxAttempts, CallAttempts.MaxAttempts), (runner.Calls.Count, scene.Asked.Count));
    }

    [Fact]
    public async Task A_node_that_gave_no_answer_in_time_is_remembered_for_it()
    {
        Selector selector = new();
        await using RouterScene scene = new(selector: selector);
        scene.AddRemotes(1);
        scene.OnExecute = (_, _, _) => new(RouterScene.Fault(InferenceFault.DeadlineExceeded));
        await scene.InferAsync(RouterScene.Call(1));
        scene.OnExecute = async (_, call, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return RouterScene.Add(call);
        };
        InferenceAnswer late = await scene.InferAsync(RouterScene.Call(1, timeoutMs: 30));
        Assert.Equal(InferenceFault.DeadlineExceeded, late.Fault);
        Assert.Equal(
            [(s_nodes[1], scene.Model.Digest, false), (s_nodes[1], scene.Model.Digest, false)], selector.Learned);
    }

    /// <summary>Scores a node by its number.</summary>
    private sealed class Selector : INodeSelector
    {
        public string? Unmet { get; init; }

        public NodeId Prefers { get; init; }

        public List<SelectionAsk> Asked { get; } = [];

        public List<(NodeId Node, string Digest, bool IsAnswered)> Learned { get; } = [];

        public Decision Choose(
            IReadOnlyList<Candidate> candidates, IReadOnlyCollection<NodeId> excluded, in SelectionAsk ask, Prng prng)
        {
            Asked.Add(ask);
            if (Unmet is not null)
            {
                return new Decision(default, Unmet, []) { IsUnmet = true };
            }

            Candidate[] ready = [.. candidates.Where(each => each.IsReady && !excluded.Contains(each.Node))];
            NodeId chosen = ready.Any(each => each.Node == Prefers) ? Prefers
                : ready.Length == 0 ? default : ready.MinBy(each => Array.IndexOf(s_nodes, each.Node)).Node;
            return new Decision(chosen, "as told", [.. candidates.Select(each => new CandidateScore(
                each, ready.Contains(each) ? Array.IndexOf(s_nodes, each.Node) : null, 1, each.Node == chosen))]);
        }

        public void Learn(NodeId node, string digest, TimeSpan took, bool isAnswered) =>
            Learned.Add((node, digest, isAnswered));
    }

    private sealed class Runner : IAttemptRunner
    {
        public Func<IReadOnlyList<NodeId>, NodeId> Answers { get; init; } = nodes => nodes[0];

        public List<IReadOnlyList<NodeId>> Calls { get; } = [];

        public async ValueTask<InferenceAnswer> RunAsync(
            IReadOnlyList<NodeId> nodes, string kind, TimeSpan remaining,
            Func<NodeId, TimeSpan, CancellationToken, ValueTask<InferenceAnswer>> attempt,
            CancellationToken cancellation)
        {
            Calls.Add(nodes);
            NodeId node = Answers(nodes);
            InferenceAnswer answer = await attempt(node, remaining, cancellation);
            return answer with { Node = node, Attempts = node == nodes[0] ? 1 : 2 };
        }
    }
}
