namespace Noodle.Primitives;

/// <summary>What a part of Noodle takes from the machine.</summary>
public enum ResourceKind
{
    /// <summary>Bytes of memory.</summary>
    Memory,

    /// <summary>Threads of its own.</summary>
    Threads,

    /// <summary>Open sockets.</summary>
    Sockets,

    /// <summary>Open files.</summary>
    Files,
}

/// <summary>What one owner holds of one kind, and how much it may hold.</summary>
public readonly record struct ResourceUse(long InUse, long Limit, long Peak);

/// <summary>An owner's account with the machine: it asks before it takes and gives back what it took.</summary>
/// <remarks>Implementations are safe to call from every thread.</remarks>
public interface IResourceAccount
{
    /// <summary>Who holds this account, as a path: <c>node/link/peer-7</c>.</summary>
    string Owner { get; }

    /// <summary>
    /// Takes <paramref name="amount"/>, or takes nothing and returns false when a limit would be passed.
    /// </summary>
    bool TryReserve(ResourceKind kind, long amount);

    /// <summary>Gives back what <see cref="TryReserve"/> took.</summary>
    void Release(ResourceKind kind, long amount);

    /// <summary>What this account and those below it hold.</summary>
    ResourceUse GetUse(ResourceKind kind);

    /// <summary>Opens an account below this one; what it takes counts here too.</summary>
    /// <param name="name">One path segment.</param>
    /// <param name="limits">Limits of its own; a kind that is not named is limited by this account alone.</param>
    IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits);
}
