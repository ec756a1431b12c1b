namespace NoodleNet.Simulation.Network;

/// <summary>What a network did so far.</summary>
public sealed class NetworkCounters
{
    public long Datagrams { get; internal set; }

    public long DatagramBytes { get; internal set; }

    public long Streams { get; internal set; }

    /// <summary>Both directions, what was sent again included.</summary>
    public long StreamBytes { get; internal set; }

    public long Lost { get; internal set; }

    public long Duplicated { get; internal set; }

    public long Reordered { get; internal set; }

    public long Flipped { get; internal set; }

    public long TooLong { get; internal set; }

    public long QueueFull { get; internal set; }

    public long Blocked { get; internal set; }

    /// <summary>Held back, or lost because too many were.</summary>
    public long Clogged { get; internal set; }

    public long Bytes => DatagramBytes + StreamBytes;
}
