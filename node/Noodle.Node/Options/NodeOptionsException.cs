namespace Noodle.Node.Options;

/// <summary>Settings that a node cannot start with; the message has one line for each fault.</summary>
public sealed class NodeOptionsException(IReadOnlyList<string> faults)
    : Exception(faults.Count == 1 ? faults[0] : $"{faults.Count} settings are wrong:\n  " + string.Join("\n  ", faults))
{
    /// <summary>One sentence a fault.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
