using NoodleNet.Discovery.Serf;

namespace NoodleNet.Runtime.Discovery;

/// <summary>What came back for one question.</summary>
/// <param name="Answers">One from each node that answered, in the order of their arrival.</param>
/// <param name="Acknowledged">Who received the question, when that was asked for.</param>
public sealed record QueryOutcome(IReadOnlyList<QueryAnswer> Answers, IReadOnlyList<string> Acknowledged);

/// <summary>Answers one question; null stays silent. The token ends when the asker listens no more.</summary>
public delegate ValueTask<ReadOnlyMemory<byte>?> QueryHandler(IncomingQuery query, CancellationToken cancellation);

/// <summary>What to do when a holder of the gossip key asks to change the keys, as <c>serf keys</c> does.</summary>
public enum KeyQueryPolicy
{
    /// <summary>Answer that this node does not: whoever had an old key could else read the new one.</summary>
    Refuse,

    /// <summary>Do it: for a cluster whose keys are managed by Serf. The caller stores the ring.</summary>
    Obey,
}
