namespace NoodleNet.Simulation.Network;

/// <summary>What one direction between two hosts does to what is sent over it.</summary>
public sealed record LinkQuality
{
    /// <summary>A quiet local network: 0.2 to 1.5 ms, nothing lost.</summary>
    public static LinkQuality Lan { get; } = new();

    /// <summary>The least time on the way.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMicroseconds(200);

    /// <summary>Each link adds a part of this for ever, drawn from the seed and its two ends.</summary>
    public TimeSpan Spread { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Each packet adds a part of this, evenly drawn.</summary>
    public TimeSpan Jitter { get; init; } = TimeSpan.FromMicroseconds(300);

    /// <summary>Share of packets that are late by <see cref="Jitter"/> times 2, 4, 8 …, each half as likely.</summary>
    public double Tail { get; init; } = 0.01;

    /// <summary>Share of datagrams that vanish.</summary>
    public double Loss { get; init; }

    /// <summary>Share of a stream's openings and segments that have to be sent again.</summary>
    public double StreamLoss { get; init; }

    /// <summary>Share of datagrams that come twice.</summary>
    public double Duplication { get; init; }

    /// <summary>Share of datagrams held back by up to <see cref="ReorderBy"/>, so that later ones pass them.</summary>
    public double Reordering { get; init; }

    public TimeSpan ReorderBy { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Share of datagrams that arrive with one bit turned, past the checksum of UDP.</summary>
    public double BitFlips { get; init; }

    /// <summary>Longer datagrams vanish; 0: none is too long.</summary>
    public int MtuBytes { get; init; }

    /// <summary>What a host can send in a second, over all its links together; 0: anything.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>What may wait to be sent at such a host; more is lost.</summary>
    public int QueueBytes { get; init; } = 256 * 1024;
}
