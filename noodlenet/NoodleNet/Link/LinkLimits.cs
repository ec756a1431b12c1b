namespace NoodleNet.Link;

/// <summary>What one connection may take and how long it waits. Each end has its own; HELLO tells the peer.</summary>
/// <remarks>
/// Bound: a peer that nobody reads from makes us buffer at most <see cref="ConnectionWindow"/> bytes of bodies, one
/// frame, and for each of <see cref="MaxStreams"/> a message header of <see cref="LinkFrame.MaxHeader"/> bytes;
/// pooled memory rounds each piece up to a power of two. A frame carries at most <see cref="LinkFrame.MaxData"/>
/// bytes of body.
/// </remarks>
public sealed record LinkLimits
{
    /// <summary>
    /// Streams that each end may have open at once, 1 to 65536. One above it waits, or is a fault from a peer.
    /// </summary>
    public int MaxStreams { get; init; } = 1024;

    /// <summary>
    /// Streams of ours that wait, in order and against their deadlines, for one of MaxStreams to end, 0 to 1048576. One
    /// above it is Busy. Each costs about 1 KiB.
    /// </summary>
    public int MaxWaiting { get; init; } = 16384;

    /// <summary>Bytes of one body that the peer may send before we take them, 16 KiB to 16 MiB.</summary>
    public int StreamWindow { get; init; } = 256 * 1024;

    /// <summary>Bytes of all bodies that the peer may send before we take them, 64 KiB to 1 GiB.</summary>
    public int ConnectionWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>Time between two pings, 10 ms to 1 min.</summary>
    public TimeSpan PingPeriod { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which the peer counts as lost: from twice <see cref="PingPeriod"/> to 10 min.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>From the first byte to the peer's HELLO, 10 ms to 1 min.</summary>
    public TimeSpan HandshakeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults()
    {
        var faults = new List<string>();
        Check(MaxStreams is >= 1 and <= 65536, $"MaxStreams is {MaxStreams}; it may be 1 to 65536.");
        Check(MaxWaiting is >= 0 and <= 1 << 20, $"MaxWaiting is {MaxWaiting}; it may be 0 to 1048576.");
        Check(StreamWindow is >= 16 << 10 and <= 16 << 20,
            $"StreamWindow is {StreamWindow}; it may be 16 KiB to 16 MiB.");
        Check(
            ConnectionWindow is >= 64 << 10 and <= 1 << 30,
            $"ConnectionWindow is {ConnectionWindow}; it may be 64 KiB to 1 GiB.");
        Check(
            PingPeriod >= TimeSpan.FromMilliseconds(10) && PingPeriod <= TimeSpan.FromMinutes(1),
            $"PingPeriod is {PingPeriod}; it may be 10 ms to 1 min.");
        Check(
            SilenceLimit >= PingPeriod * 2 && SilenceLimit <= TimeSpan.FromMinutes(10),
            $"SilenceLimit is {SilenceLimit}; it may be twice PingPeriod to 10 min.");
        Check(
            HandshakeLimit >= TimeSpan.FromMilliseconds(10) && HandshakeLimit <= TimeSpan.FromMinutes(1),
            $"HandshakeLimit is {HandshakeLimit}; it may be 10 ms to 1 min.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
