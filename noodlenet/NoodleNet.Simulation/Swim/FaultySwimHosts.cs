using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Simulation.Faults;

namespace NoodleNet.Simulation.Swim;

/// <summary>What the faults of a plan mean for the hosts of a mesh.</summary>
/// <remarks>
/// Meaning: membership keeps nothing on disk but the addresses of those who were there. A host that restarts with its
/// state enters through three of those, one without through the first hosts of the mesh.
/// </remarks>
public sealed class FaultySwimHosts(SwimCluster cluster) : IFaultyHosts
{
    private const int Seeds = 3;
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(3);
    private readonly Prng _chance = cluster.Simulation.Streams["hosts"];
    private readonly int[] _drifts = new int[cluster.Hosts.Count];

    public int Count => cluster.Hosts.Count;

    public void Crash(int host) => cluster.Hosts[host].Crash();

    public void Restart(int host, bool keepsState)
    {
        SwimHost subject = cluster.Hosts[host];
        if (subject.IsUp)
        {
            return;
        }

        IPEndPoint[] seeds = keepsState && subject.Machine is { } old
            ? [.. old.Members.Where(member => member.Name != subject.Name).Select(member => member.EndPoint)]
            : [];
        _chance.Shuffle(seeds.AsSpan());
        subject.Start(Meta(), _drifts[host]);
        subject.Join([.. seeds.Take(Seeds), .. FirstHosts(subject)]);
    }

    public void Freeze(int host, TimeSpan length) => cluster.Hosts[host].Freeze(length);

    public void Slow(int host, TimeSpan by) => cluster.Hosts[host].SlowBy = by;

    public void Drift(int host, int ppm)
    {
        _drifts[host] = ppm;
        cluster.Hosts[host].Clock.SetDrift(ppm, cluster.Simulation.Now);
    }

    public void Leave(int host)
    {
        SwimHost subject = cluster.Hosts[host];
        if (!subject.IsUp || subject.IsLeaving)
        {
            return;
        }

        subject.Leave();
        int life = subject.Life;
        cluster.Simulation.After(s_goodbye, () =>
        {
            if (subject.Life == life)
            {
                subject.Crash();
            }
        });
    }

    public void Change(int host) => cluster.Hosts[host].Give(new SwimInput.UpdateMeta(Meta()));

    /// <summary>The seeds that a host is configured with.</summary>
    public IReadOnlyList<IPEndPoint> FirstHosts(SwimHost except) =>
        [.. cluster.Hosts.Where(host => host != except).Take(Seeds).Select(host => host.EndPoint)];

    private byte[] Meta()
    {
        var meta = new byte[_chance.Next(NodeTags.MaxBytes + 1)];
        _chance.Fill(meta);
        return meta;
    }
}
