using System.Globalization;
using Noodle.Primitives;
using NoodleNet.Simulation.Faults;
using NoodleNet.Simulation.Network;
using NoodleNet.State;

namespace NoodleNet.Simulation.State;

/// <summary>What one run came to.</summary>
/// <param name="Healed">How long the replicas took to be equal after the last fault; null when they did not.</param>
/// <param name="Lost">Writes that some disk kept throughout and that are nowhere any more.</param>
public sealed record ReplicaReport(
    ulong Seed, string TraceHash, TimeSpan? Healed, int Keys, int Lost, IReadOnlyList<Violation> Violations)
{
    public bool IsSound => Violations.Count == 0 && Lost == 0 && Healed is not null;

    /// <inheritdoc/>
    public override string ToString() =>
        $"seed {Seed}, trace {TraceHash}, {Keys} keys, {Lost} lost, {(Healed is null ? "not " : "")}equal in the end; "
        + $"to replay: new ReplicaChaos({Seed}).Run()" + string.Concat(Violations.Select(v => $"\n  {v}"));
}

/// <summary>Replicas of the cluster state, written to while faults happen, all of it drawn from one seed.</summary>
/// <remarks>
/// Meaning: after the faults all replicas must hold the same, and no later write may have been lost to an earlier one:
/// each key must hold the latest stamp that any surviving disk has seen.
/// </remarks>
public sealed class ReplicaChaos : IFaultyHosts
{
    public static readonly TimeSpan HealLimit = TimeSpan.FromMinutes(2);
    private const int Keys = 24;
    private const int MaxValueBytes = 40;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(30);
    private readonly ulong _seed;
    private readonly Simulation _simulation;
    private readonly VirtualNetwork _network;
    private readonly Prng _chance;
    private readonly FaultPlan _plan;
    private readonly List<ReplicaHost> _hosts = [];
    private readonly int[] _drifts;

    public ReplicaChaos(ulong seed)
    {
        _seed = seed;
        _simulation = new Simulation(seed);
        _network = new VirtualNetwork(_simulation, LinkQuality.Lan);
        _chance = _simulation.Streams["writes"];
        Prng shape = _simulation.Streams["shape"];
        int hosts = 2 + shape.Next(5);
        _plan = FaultPlan.Draw(shape, hosts, s_length, flips: false);
        for (int i = 0; i < hosts; i++)
        {
            var uuid = new byte[16];
            shape.Fill(uuid);
            _hosts.Add(new ReplicaHost(_simulation, _network, hosts, NodeId.Create($"h{i}", new Guid(uuid))));
        }

        _drifts = new int[hosts];
    }

    public int Count => _hosts.Count;

    public ReplicaReport Run()
    {
        for (int host = 0; host < Count; host++)
        {
            _hosts[host].Start(keepsState: false, 0);
        }

        var driver = new FaultDriver(_simulation, _network, this);
        driver.Set(_plan);
        for (TimeSpan run = default; run < s_length; run += s_look)
        {
            Change(_chance.Next(Count));
            _simulation.RunFor(s_look);
        }

        for (int host = 0; host < Count; host++)
        {
            Restart(host, keepsState: true);
        }

        SortedDictionary<string, HybridStamp> latest = Latest();
        Instant right = _simulation.Now;
        driver.PutRight(LinkQuality.Lan);
        bool equal = _simulation.RunUntil(AreEqual, HealLimit, s_look);
        return new ReplicaReport(_seed, _simulation.Trace.Value.ToString("x16", CultureInfo.InvariantCulture),
            equal ? _simulation.Now - right : null, _hosts[0].Map.Count,
            latest.Count(key => Latest().GetValueOrDefault(key.Key) < key.Value), _simulation.Violations);
    }

    public void Crash(int host) => _hosts[host].Crash();

    public void Restart(int host, bool keepsState)
    {
        if (!_hosts[host].IsUp)
        {
            _hosts[host].Start(keepsState, _drifts[host]);
        }
    }

    public void Freeze(int host, TimeSpan length) => _hosts[host].Freeze(length);

    public void Slow(int host, TimeSpan by) => _hosts[host].SlowBy = by;

    public void Drift(int host, int ppm)
    {
        _drifts[host] = ppm;
        _hosts[host].Clock.SetDrift(ppm, _simulation.Now);
    }

    /// <summary>A replica that leaves is one that is down for a while.</summary>
    public void Leave(int host) => Crash(host);

    public void Change(int host)
    {
        var value = new byte[_chance.Next(MaxValueBytes)];
        _chance.Fill(value);
        _hosts[host].Give(new ReplicaInput.Write(
            $"model/{_chance.Next(Keys)}", _chance.NextBool(0.2) ? (ReadOnlyMemory<byte>?)null : value));
    }

    private bool AreEqual() => _hosts.All(host => host.Map.GetDigest().Equals(_hosts[0].Map.GetDigest()));

    private SortedDictionary<string, HybridStamp> Latest()
    {
        var latest = new SortedDictionary<string, HybridStamp>(StringComparer.Ordinal);
        foreach (LwwEntry entry in _hosts.SelectMany(host => host.Map.Entries))
        {
            latest[entry.Key] = latest.TryGetValue(entry.Key, out HybridStamp known) && known > entry.Stamp
                ? known
                : entry.Stamp;
        }

        return latest;
    }
}
