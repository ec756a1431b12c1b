using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Faults;

/// <summary>One thing that goes wrong, or is put right again.</summary>
public abstract record Fault
{
    private Fault()
    {
    }

    /// <summary>The process ends without a word.</summary>
    public sealed record Crash(int Host) : Fault;

    /// <summary>The process starts again, with what it had on disk or with nothing.</summary>
    public sealed record Restart(int Host, bool KeepsState) : Fault;

    /// <summary>The process does nothing for a while; what reaches it waits.</summary>
    public sealed record Freeze(int Host, TimeSpan Length) : Fault;

    /// <summary>Each input takes so long from now on.</summary>
    public sealed record Slow(int Host, TimeSpan By) : Fault;

    /// <summary>The host's clock runs fast, or slow when negative.</summary>
    public sealed record Drift(int Host, int Ppm) : Fault;

    /// <summary>Nothing passes from the hosts whose bit is set to the others; both ways unless one way.</summary>
    public sealed record Partition(ulong Side, bool OneWay) : Fault;

    /// <summary>Every cut and clog is gone.</summary>
    public sealed record HealLinks : Fault;

    /// <summary>So many directions, drawn at random, clog one after the other and open in another order.</summary>
    public sealed record SwizzleClog(int Directions, TimeSpan Length) : Fault;

    /// <summary>All links are like this from now on.</summary>
    public sealed record Weather(LinkQuality Quality, double StreamBreaks) : Fault;

    /// <summary>The host says goodbye and ends a little later.</summary>
    public sealed record Leave(int Host) : Fault;

    /// <summary>The host changes something of its own: its meta, a key.</summary>
    public sealed record Change(int Host) : Fault;
}
