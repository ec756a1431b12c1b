using Nbc.Values;

namespace Nbc.Runtime.Network;

/// <summary>What the next operation is asked to keep to. The texts are those of Noodle's requirement
/// expressions.</summary>
/// <param name="On">Such as <c>gpu, mem>=8GB</c>; null when not said.</param>
/// <param name="Qos">Such as <c>responsive, latency&lt;10ms</c>; null when not said.</param>
public sealed record NbcPlacement(string? On, string? Qos, int Replicas);

/// <summary>What a program may reach beyond its machine. Calls wait until they are done; all threads may call.
/// </summary>
/// <remarks>An implementation throws <see cref="Errors.NbcException"/> of class 7xxx and nothing else.</remarks>
public interface INbcNetwork
{
    /// <summary>Nodes that run this program together; 1 when it runs alone.</summary>
    int GroupSize { get; }

    /// <summary>Which of them this one is.</summary>
    int Rank { get; }

    /// <summary>Whether an operation may run here under these conditions.</summary>
    bool CanPlace(NbcPlacement placement);

    /// <summary>Sends tensors as one message.</summary>
    /// <param name="mayHandOver">The memory may be read after the call returned, until it is sent.</param>
    /// <param name="within">How long it may take; null as long as the implementation tries at most.</param>
    void Send(
        string node, string channel, IReadOnlyList<TensorValue> values, bool mayHandOver, TimeSpan? within,
        CancellationToken cancellation);

    /// <summary>Waits for the next message of a node by this channel.</summary>
    /// <param name="within">How long; null as long as the implementation waits at most.</param>
    /// <returns>Its tensors; the caller owns them.</returns>
    IReadOnlyList<TensorValue> Receive(
        string node, string channel, TimeSpan? within, CancellationToken cancellation);
}
