using Noodle.Primitives;

namespace Ahr.Planning;

/// <summary>What a call asks of the node that is to run it.</summary>
/// <param name="Digest">Of the model: calls of one model take alike.</param>
/// <param name="ServiceMicroseconds">Expected time of one run, where the node itself has not told its own.</param>
/// <param name="PayloadBytes">What has to be sent there.</param>
/// <param name="Requirement">A condition on the node, in the words of who selects; null for none.</param>
public readonly record struct SelectionAsk(
    string Digest, long ServiceMicroseconds, long PayloadBytes = 0, string? Requirement = null);

/// <summary>Chooses where a call runs. AHR has <see cref="LeastLoaded"/>; a mesh, which has measured its nodes and the
/// ways to them, brings a better one.</summary>
/// <remarks>Safe for several threads.</remarks>
public interface INodeSelector
{
    /// <summary>Chooses one of <paramref name="candidates"/>, or none when no one is eligible.</summary>
    /// <param name="candidates">At most one for each node.</param>
    /// <param name="excluded">Nodes where this call has failed already.</param>
    Decision Choose(
        IReadOnlyList<Candidate> candidates, IReadOnlyCollection<NodeId> excluded, in SelectionAsk ask, Prng prng);

    /// <summary>Takes what one attempt took, from asking to its end.</summary>
    /// <param name="isAnswered">False when there was no answer after that time, and it was left for another
    /// node's.</param>
    void Learn(NodeId node, string digest, TimeSpan took, bool isAnswered);
}
