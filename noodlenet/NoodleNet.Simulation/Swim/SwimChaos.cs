using System.Globalization;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Faults;
using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Swim;

/// <summary>What one run came to.</summary>
/// <param name="Healed">How long the mesh took to agree after the last fault; null when it did not.</param>
public sealed record ChaosReport(
    ulong Seed, int Hosts, string TraceHash, TimeSpan? Healed, long Steps, int Failures, int Refutations,
    IReadOnlyList<Violation> Violations)
{
    /// <summary>True when every rule held and the mesh agreed in the end.</summary>
    public bool IsSound => Violations.Count == 0 && Healed is not null;

    /// <summary>One line, and one for each violation: what to run to see it again.</summary>
    public override string ToString() =>
        $"seed {Seed}, {Hosts} hosts, {Steps} steps, trace {TraceHash}: {Verdict}"
        + string.Concat(Violations.Select(violation => $"\n  {violation}"));

    private string Verdict => IsSound
        ? $"sound, agreed after {Healed}"
        : $"{Violations.Count} rules broken, {(Healed is null ? "not " : "")}agreed in the end; "
            + $"to replay: new SwimChaos({Seed}).Run()";
}

/// <summary>A small mesh under random faults, all of it drawn from one seed.</summary>
/// <remarks>
/// Meaning: hosts join, faults happen for a while and every step is held against <see cref="SwimInvariants"/>; then
/// everything is put right, and within <see cref="HealLimit"/> all living hosts must hold exactly the living for alive.
/// </remarks>
public sealed class SwimChaos
{
    public static readonly TimeSpan HealLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_stay = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private readonly ulong _seed;
    private readonly FaultySwimHosts _hosts;
    private readonly SwimInvariants _invariants;

    public SwimChaos(ulong seed)
    {
        _seed = seed;
        Prng shape = new SeedStreams(seed)["shape"];
        int hosts = shape.NextBool(0.02) ? 30 : 5 + shape.Next(8);
        bool isSealed = shape.NextBool(0.5);
        SwimOptions options = SwimOptions.Local with
        {
            Compress = shape.NextBool(0.5), StreamPings = shape.NextBool(0.8), IndirectChecks = shape.Next(4),
        };
        Plan = FaultPlan.Draw(shape, hosts, TimeSpan.FromSeconds(15 + shape.Next(30)), flips: isSealed);
        Cluster = new SwimCluster(seed, options, LinkQuality.Lan, isSealed ? new KeyRing(Key(shape)) : null);
        for (int i = 0; i < hosts; i++)
        {
            Cluster.AddDown($"n{i}");
        }

        _hosts = new FaultySwimHosts(Cluster);
        Cluster.Observer = _invariants = new SwimInvariants(Cluster.Simulation);
    }

    public FaultPlan Plan { get; }

    public SwimCluster Cluster { get; }

    public ChaosReport Run()
    {
        Simulation simulation = Cluster.Simulation;
        foreach (SwimHost host in Cluster.Hosts)
        {
            host.Start(new byte[] { 0xFF, 0x80 });
            host.Join(_hosts.FirstHosts(host));
        }

        simulation.RunFor(s_settle);
        var driver = new FaultDriver(simulation, Cluster.Network, _hosts);
        driver.Set(Plan);
        for (TimeSpan run = default; run < Plan.Length && simulation.Violations.Count == 0; run += s_look)
        {
            simulation.RunFor(s_look);
        }

        Instant right = simulation.Now;
        driver.PutRight(LinkQuality.Lan);
        TimeSpan? healed = Agree() && simulation.Violations.Count == 0 ? simulation.Now - right - s_stay : null;
        return new ChaosReport(_seed, Cluster.Hosts.Count,
            simulation.Trace.Value.ToString("x16", CultureInfo.InvariantCulture), healed, simulation.Steps,
            _invariants.Failures, _invariants.Refutations, simulation.Violations);
    }

    // To agree for one moment is not enough: a frozen host may still wake up and be told what was said of it.
    private bool Agree()
    {
        Simulation simulation = Cluster.Simulation;
        Instant limit = simulation.Now + HealLimit;
        while (simulation.Now < limit && simulation.Violations.Count == 0)
        {
            simulation.RunUntil(Agreed, HealLimit, s_look);
            simulation.RunFor(s_stay);
            if (Agreed())
            {
                return true;
            }
        }

        return false;

        bool Agreed() => simulation.Violations.Count != 0 || Cluster.AllAgree();
    }

    private static byte[] Key(Prng chance)
    {
        var key = new byte[32];
        chance.Fill(key);
        return key;
    }
}
