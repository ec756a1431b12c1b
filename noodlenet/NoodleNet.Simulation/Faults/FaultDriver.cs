using System.Diagnostics;
using Noodle.Primitives;
using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Faults;

/// <summary>Lets a plan happen to hosts and their network, and puts all of it right in the end.</summary>
public sealed class FaultDriver(Simulation simulation, VirtualNetwork network, IFaultyHosts hosts)
{
    private readonly Prng _chance = simulation.Streams["faults"];

    /// <summary>Sets every fault of the plan, counted from now.</summary>
    public void Set(FaultPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        foreach ((TimeSpan at, Fault fault) in plan.Faults)
        {
            simulation.After(at, () => Apply(fault));
        }
    }

    /// <summary>Links are sound, clocks right, nobody is slow; of those who are down, half start again.</summary>
    /// <remarks>Meaning: who is frozen wakes up in its own time.</remarks>
    public void PutRight(LinkQuality calm)
    {
        network.Faults.HealAll();
        (network.Quality, network.Streams.Breaks) = (calm, 0);
        for (int host = 0; host < hosts.Count; host++)
        {
            hosts.Slow(host, default);
            hosts.Drift(host, 0);
            if (_chance.NextBool(0.5))
            {
                hosts.Restart(host, _chance.NextBool(0.5));
            }
        }
    }

    public void Apply(Fault fault)
    {
        simulation.Trace.Add(fault.GetType().Name);
        switch (fault)
        {
            case Fault.Crash crash: hosts.Crash(crash.Host); break;
            case Fault.Restart restart: hosts.Restart(restart.Host, restart.KeepsState); break;
            case Fault.Freeze freeze: hosts.Freeze(freeze.Host, freeze.Length); break;
            case Fault.Slow slow: hosts.Slow(slow.Host, slow.By); break;
            case Fault.Drift drift: hosts.Drift(drift.Host, drift.Ppm); break;
            case Fault.Partition partition: Divide(partition); break;
            case Fault.HealLinks: network.Faults.HealAll(); break;
            case Fault.SwizzleClog clog: Swizzle(clog); break;
            case Fault.Weather weather:
                (network.Quality, network.Streams.Breaks) = (weather.Quality, weather.StreamBreaks);
                break;
            case Fault.Leave leave: hosts.Leave(leave.Host); break;
            case Fault.Change change: hosts.Change(change.Host); break;
            default: throw new UnreachableException();
        }
    }

    private void Divide(Fault.Partition partition)
    {
        for (int from = 0; from < hosts.Count; from++)
        {
            for (int to = 0; to < hosts.Count; to++)
            {
                bool here = (partition.Side >> from & 1) != 0, there = (partition.Side >> to & 1) != 0;
                if (here != there && (here || !partition.OneWay))
                {
                    network.Faults.Cut(from, to);
                }
            }
        }
    }

    private void Swizzle(Fault.SwizzleClog clog)
    {
        for (int i = 0; i < clog.Directions; i++)
        {
            int from = _chance.Next(hosts.Count), to = _chance.Next(hosts.Count);
            TimeSpan starts = _chance.Next(clog.Length), lasts = _chance.Next(clog.Length);
            simulation.After(starts, () => network.Faults.Clog(from, to, simulation.Now + lasts));
        }
    }
}
