using Noodle.Primitives;
using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Faults;

/// <summary>What goes wrong when, drawn from a seed before anything runs.</summary>
/// <remarks>Bound: at most 64 hosts, for which a side of a partition is a bit each.</remarks>
public sealed record FaultPlan(IReadOnlyList<(TimeSpan At, Fault Fault)> Faults, TimeSpan Length)
{
    public const int MaxHosts = 64;

    /// <param name="flips">False where nothing but a checksum would notice a turned bit.</param>
    public static FaultPlan Draw(Prng chance, int hosts, TimeSpan length, bool flips)
    {
        ArgumentNullException.ThrowIfNull(chance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hosts, MaxHosts);
        ArgumentOutOfRangeException.ThrowIfLessThan(hosts, 2);
        var faults = new List<(TimeSpan At, Fault Fault)>();
        for (int count = 4 + chance.Next(12); count > 0; count--)
        {
            TimeSpan at = chance.Next(length);
            Fault fault = DrawOne(chance, hosts, flips);
            faults.Add((at, fault));
            if (fault is Fault.Crash crash && chance.NextBool(0.8))
            {
                faults.Add((at + chance.Next(length / 2), new Fault.Restart(crash.Host, chance.NextBool(0.5))));
            }

            if (fault is Fault.Partition)
            {
                faults.Add((at + chance.Next(length / 2), new Fault.HealLinks()));
            }
        }

        return new FaultPlan([.. faults.Where(fault => fault.At < length).OrderBy(fault => fault.At)], length);
    }

    private static Fault DrawOne(Prng chance, int hosts, bool flips)
    {
        int host = chance.Next(hosts);
        return chance.Next(16) switch
        {
            0 or 1 or 2 => new Fault.Crash(host),
            3 or 4 => new Fault.Freeze(host, TimeSpan.FromMilliseconds(200) + chance.Next(TimeSpan.FromSeconds(8))),
            5 => new Fault.Slow(host, chance.Next(TimeSpan.FromMilliseconds(60))),
            6 => new Fault.Drift(host, chance.Next(200_000) - 100_000),
            7 or 8 => new Fault.Partition(
                chance.NextUInt64() & ((1ul << (hosts - 1) << 1) - 1), chance.NextBool(0.4)),
            9 or 10 => new Fault.SwizzleClog(1 + chance.Next(hosts * 2), TimeSpan.FromSeconds(1 + chance.Next(6))),
            11 or 12 => new Fault.Weather(DrawQuality(chance, flips), chance.NextBool(0.5) ? 0.2 : 0),
            13 => new Fault.Leave(host),
            _ => new Fault.Change(host),
        };
    }

    private static LinkQuality DrawQuality(Prng chance, bool flips) => new()
    {
        Latency = chance.Next(TimeSpan.FromMilliseconds(10)),
        Spread = chance.Next(TimeSpan.FromMilliseconds(30)),
        Jitter = chance.Next(TimeSpan.FromMilliseconds(20)),
        Tail = 0.1 * chance.NextDouble(),
        Loss = chance.NextBool(0.7) ? 0.4 * chance.NextDouble() : 0,
        StreamLoss = chance.NextBool(0.5) ? 0.4 * chance.NextDouble() : 0,
        Duplication = chance.NextBool(0.5) ? 0.3 * chance.NextDouble() : 0,
        Reordering = chance.NextBool(0.5) ? 0.5 * chance.NextDouble() : 0,
        ReorderBy = chance.Next(TimeSpan.FromMilliseconds(300)),
        BitFlips = flips && chance.NextBool(0.5) ? 0.2 * chance.NextDouble() : 0,
        MtuBytes = chance.NextBool(0.2) ? 300 + chance.Next(1_000) : 0,
        BytesPerSecond = chance.NextBool(0.3) ? 500 + chance.Next(20_000) : 0,
        QueueBytes = 2_000 + chance.Next(20_000),
    };
}
