namespace Nbc.Runtime.Resources;

/// <summary>How waiting for a resource ended.</summary>
public enum ReserveOutcome
{
    /// <summary>It is reserved.</summary>
    Granted,

    /// <summary>The account, or one above it, may never hold as much.</summary>
    NeverFits,

    /// <summary>As many are waiting as may wait.</summary>
    QueueFull,

    /// <summary>The account was closed.</summary>
    Closed,
}
