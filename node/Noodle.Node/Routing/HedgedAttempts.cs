using Ahr.Runtime;
using Noodle.Primitives;
using NoodleNet.Link.Calls;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;

namespace Noodle.Node.Routing;

/// <summary>Puts attempts at calls to other nodes through NoodleLink's call machine: a slow one is hedged, and a node
/// that keeps failing is left alone.</summary>
/// <remarks>
/// Meaning: nothing is tried again here, that is the router's; so a call costs at most its attempts, and one more node
/// for each while the budget of hedges lasts. What a model, an input or a full queue is to blame for counts as an
/// answer, for it says nothing against the node. A node whose breaker is open is waited for when no other may answer.
/// </remarks>
internal sealed class HedgedAttempts : IAttemptRunner, IDisposable
{
    private readonly LinkHost _link;
    private readonly CallRunner<InferenceAnswer> _runner;

    public HedgedAttempts(LinkHost link, TimeProvider time, ulong seed)
    {
        _link = link;
        _runner = new CallRunner<InferenceAnswer>(Policy, time, seed);
        link.PeerConnected += OnConnected;
    }

    /// <summary>The router tries again; a model may take as long as the call is given.</summary>
    public static CallPolicy Policy { get; } = new()
    {
        Retries = false,
        MaxAttempts = 2,
        AttemptLimit = TimeSpan.FromDays(1),
        MaxCalls = 65_536,
        Breaker = new BreakerPolicy { OpenMost = TimeSpan.FromSeconds(5) },
    };

    /// <summary>True when the breaker of a node lets a call through.</summary>
    public bool Allows(NodeId node) => _runner.Allows(node);

    public BreakerState GetState(NodeId node) => _runner.GetState(node);

    public async ValueTask<InferenceAnswer> RunAsync(
        IReadOnlyList<NodeId> nodes, string kind, TimeSpan remaining,
        Func<NodeId, TimeSpan, CancellationToken, ValueTask<InferenceAnswer>> attempt,
        CancellationToken cancellation)
    {
        CallResult<InferenceAnswer> result = await _runner.CallAsync(
            new CallTerms(nodes, remaining, IsIdempotent: true, kind),
            async (node, left, stop) =>
            {
                InferenceAnswer answer = await attempt(node, left, stop);
                return new CallAttempt<InferenceAnswer>(
                    OutcomeOf(answer.Fault), answer.Node.IsNone ? answer with { Node = node } : answer);
            },
            cancellation);
        return result.Reply is { } reply && result.Verdict is CallVerdict.Answered or CallVerdict.Failed
            ? reply with { Attempts = result.Attempts }
            : Fail(result, nodes[0]);
    }

    public void Dispose()
    {
        _link.PeerConnected -= OnConnected;
        _runner.Dispose();
    }

    private static InferenceAnswer Fail(CallResult<InferenceAnswer> result, NodeId chosen)
    {
        result.Reply?.Dispose();
        (InferenceFault fault, string message) = result.Verdict switch
        {
            CallVerdict.DeadlineExceeded => (InferenceFault.DeadlineExceeded, "did not answer in time"),
            CallVerdict.TooManyCalls => (InferenceFault.Overloaded, "was not asked: too many calls are under way here"),
            CallVerdict.NoPeer => (InferenceFault.NodeLost, "is left alone for a while, for its last calls failed"),
            _ => (InferenceFault.NodeLost, "gave no answer"),
        };
        return new InferenceAnswer
        {
            Fault = fault, Message = $"Node {chosen.ShortName} {message}.", Node = chosen,
            Attempts = int.Max(result.Attempts, 1),
        };
    }

    private static AttemptOutcome OutcomeOf(InferenceFault fault) => fault switch
    {
        InferenceFault.NodeLost => AttemptOutcome.Unknown,
        InferenceFault.DeadlineExceeded => AttemptOutcome.Expired,
        _ => AttemptOutcome.Answered,
    };

    private void OnConnected(LinkPeer peer) => _runner.NoteConnected(peer.Node);
}
