using Noodle.Primitives;
using NoodleNet.Link.Calls;

namespace NoodleNet.Runtime.Link.Calls;

/// <summary>How a call by <see cref="LinkCaller"/> went. Dispose of it when the reply is read.</summary>
/// <param name="Verdict">Answered: look at the reply's status. Anything else: why there is no answer.</param>
/// <param name="Peer">Who gave <paramref name="Reply"/>; none when nobody did.</param>
/// <param name="Attempts">How many times it was asked, hedges included.</param>
/// <param name="Reply">The answer, or the last failure; Cancelled when there was no attempt.</param>
public readonly record struct LinkCallResult(CallVerdict Verdict, NodeId Peer, int Attempts, LinkReply Reply)
    : IDisposable
{
    public void Dispose() => Reply.Dispose();
}
