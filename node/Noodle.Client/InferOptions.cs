namespace Noodle.Client;

/// <summary>What one call of a model asks for beyond its inputs.</summary>
public sealed record InferOptions
{
    /// <summary>Wanted outputs in the wanted order; null for all, in the model's order.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    /// <summary>Time for the call with all its attempts, 1 ms to 1 day; null for the client's own.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The same for every attempt at this call; null draws a new one.</summary>
    public Guid? IdempotencyKey { get; init; }

    /// <summary>
    /// What the node that runs it must be, such as <c>on(gpu, memory&gt;=8GB).qos(responsive)</c>; null when any will
    /// do. When no node with the model meets it the call is <see cref="NoodleFault.Refused"/>, with status 412 and each
    /// node's reason.
    /// </summary>
    public string? Requirement { get; init; }
}
