namespace NoodleNet.Runtime.Mesh;

/// <summary>What a node gives to streams that it passes on for others.</summary>
public sealed record RelayOptions
{
    /// <summary>Streams of one peer at once, those that end here included, 1 to 1,024.</summary>
    public int MostOfOnePeer { get; init; } = 16;

    /// <summary>Streams at once, 0 (it relays nothing) to 65,536.</summary>
    public int Most { get; init; } = 64;

    /// <summary>A stream on which nothing moves for so long is ended, 1 s to 1 h.</summary>
    /// <remarks>A living connection pings within it.</remarks>
    public TimeSpan IdleLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest wait for the next node's answer, 100 ms to 1 min.</summary>
    public TimeSpan OpenLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes of each direction that are on their way through this node, 4 KiB to 1 MiB.</summary>
    public int BufferBytes { get; init; } = 64 * 1024;

    /// <summary>Every setting out of its range, as sentences.</summary>
    public IReadOnlyList<string> FindFaults() =>
    [
        .. In(MostOfOnePeer, 1, 1_024, "MostOfOnePeer takes 1 to 1024."),
        .. In(Most, 0, 65_536, "Most takes 0 to 65536."),
        .. In(IdleLimit, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "IdleLimit takes 1 s to 1 h."),
        .. In(OpenLimit, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "OpenLimit takes 100 ms to 1 min."),
        .. In(BufferBytes, 4 * 1024, 1024 * 1024, "BufferBytes takes 4 KiB to 1 MiB."),
    ];

    private static string[] In<T>(T value, T least, T most, string otherwise)
        where T : IComparable<T> => value.CompareTo(least) < 0 || value.CompareTo(most) > 0 ? [otherwise] : [];
}
