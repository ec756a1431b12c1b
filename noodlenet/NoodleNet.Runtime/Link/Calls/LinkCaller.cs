using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>Sends requests over NoodleLink with retries, hedging and breakers.</summary>
/// <remarks>
/// The request is made anew for each attempt, with the same idempotency key; its kind is its method.
/// Meaning: Ok, Refused, UnknownMethod and TooLarge are answers; Unavailable, Busy and Exhausted say that the call did
/// not run; the others that it may have run. A new connection to a peer closes its breaker.
/// Bound: as <see cref="CallPolicy"/> says. A call returns at its deadline, or when the memory of its request is free.
/// </remarks>
public sealed class LinkCaller : IDisposable
{
    private readonly LinkHost _link;
    private readonly CallRunner<LinkReply> _runner;

    /// <param name="seed">Of the pauses before retries.</param>
    /// <exception cref="ArgumentException">A setting is out of its range; the message names all that are.</exception>
    public LinkCaller(LinkHost link, CallPolicy policy, TimeProvider time, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(link);
        (_link, _runner) = (link, new CallRunner<LinkReply>(policy, time, seed));
        link.PeerConnected += OnConnected;
    }

    /// <summary>Calls under way.</summary>
    public int Count => _runner.Count;

    /// <summary>What the breaker of a peer lets through now.</summary>
    public BreakerState GetState(NodeId peer) => _runner.GetState(peer);

    /// <summary>Asks one of the peers, and others when that does no harm and may help.</summary>
    /// <param name="peers">Best first; those that are not connected count as not having run it.</param>
    /// <param name="request">Its head must have a timeout: that of the whole call.</param>
    /// <param name="isIdempotent">True when doing it twice is as good as once.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<LinkCallResult> CallAsync(
        IReadOnlyList<NodeId> peers, LinkRequest request, bool isIdempotent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(request);
        if (request.Head.Timeout is not { } timeout)
        {
            throw new ArgumentException("A call that may be repeated needs a timeout.", nameof(request));
        }

        LinkArguments.CheckHead(request.Head);
        LinkArguments.CheckHeader(request.Header);
        CallResult<LinkReply> result = await _runner.CallAsync(
            new CallTerms(peers, timeout, isIdempotent, request.Head.Method),
            (peer, left, stop) => AskAsync(peer, request, left, stop), cancellation).ConfigureAwait(false);
        LinkReply reply = result.Attempts == 0 ? new LinkReply(LinkStatus.Cancelled) : result.Reply;
        return new LinkCallResult(result.Verdict, result.Peer, result.Attempts, reply);
    }

    /// <summary>Cancels what is under way.</summary>
    public void Dispose()
    {
        _link.PeerConnected -= OnConnected;
        _runner.Dispose();
    }

    private void OnConnected(LinkPeer peer) => _runner.NoteConnected(peer.Node);

    private async Task<CallAttempt<LinkReply>> AskAsync(
        NodeId node, LinkRequest request, TimeSpan left, CancellationToken stop)
    {
        LinkReply reply = new(LinkStatus.Unavailable);
        try
        {
            if (_link.TryGetPeer(node, out LinkPeer? peer))
            {
                var again = new LinkRequest
                {
                    Head = request.Head with { Timeout = left }, Header = request.Header, Body = request.Body,
                };
                reply = await peer.RequestAsync(again, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            reply = new LinkReply(LinkStatus.Cancelled);
        }

        return new CallAttempt<LinkReply>(OutcomeOf(reply.Status), reply);
    }

    private static AttemptOutcome OutcomeOf(LinkStatus status) => status switch
    {
        LinkStatus.Ok or LinkStatus.Refused or LinkStatus.UnknownMethod or LinkStatus.TooLarge =>
            AttemptOutcome.Answered,
        LinkStatus.Unavailable or LinkStatus.Busy or LinkStatus.Exhausted => AttemptOutcome.NotRun,
        LinkStatus.DeadlineExceeded => AttemptOutcome.Expired,
        _ => AttemptOutcome.Unknown,
    };
}
