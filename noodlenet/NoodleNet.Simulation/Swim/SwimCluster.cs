using System.Net;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Swim;

/// <summary>A mesh in one thread: hosts that run the shipping machine, and the network between them.</summary>
public sealed class SwimCluster
{
    private static readonly byte[] s_meta = [0xFF, 0x80];
    private readonly List<SwimHost> _hosts = [];
    private readonly SwimOptions _options;

    /// <param name="keys">Null: gossip is open.</param>
    public SwimCluster(ulong seed, SwimOptions options, LinkQuality? quality = null, KeyRing? keys = null)
    {
        Simulation = new Simulation(seed);
        Network = new VirtualNetwork(Simulation, quality ?? LinkQuality.Lan);
        Envelope = new GossipEnvelope("", keys);
        (_options, IsSealed) = (options, keys is not null);
    }

    public Simulation Simulation { get; }

    public VirtualNetwork Network { get; }

    public GossipEnvelope Envelope { get; }

    public bool IsSealed { get; }

    /// <summary>What members say of themselves, once for all hosts.</summary>
    public MemberPool Pool { get; } = new();

    /// <summary>Datagrams that the envelope refused.</summary>
    public long Refused { get; internal set; }

    public ISwimObserver? Observer { get; set; }

    public IReadOnlyList<SwimHost> Hosts => _hosts;

    /// <summary>Adds a host and starts it.</summary>
    public SwimHost Add(
        string name, SwimOptions? own = null, IPEndPoint? at = null, ReadOnlyMemory<byte>? meta = null)
    {
        SwimHost host = AddDown(name, own, at);
        host.Start(meta ?? s_meta);
        return host;
    }

    /// <summary>Adds a host that is still down.</summary>
    public SwimHost AddDown(string name, SwimOptions? own = null, IPEndPoint? at = null)
    {
        at ??= EndPointOf(_hosts.Count);
        var host = new SwimHost(this, name, at, own ?? _options);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Adds hosts n0, n1, … that all join through the first.</summary>
    public SwimHost[] AddMesh(int count)
    {
        SwimHost[] hosts = [.. Enumerable.Range(_hosts.Count, count).Select(i => Add($"n{i}"))];
        foreach (SwimHost host in hosts.Skip(1))
        {
            host.Join(hosts[0].EndPoint);
        }

        return hosts;
    }

    /// <summary>True when each host that is up holds exactly those who are up and stay for alive.</summary>
    public bool AllAgree()
    {
        SwimHost[] living = [.. _hosts.Where(host => host.IsUp && !host.IsLeaving)];
        var names = living.Select(host => host.Name).ToHashSet(StringComparer.Ordinal);
        return living.All(host => host.Machine.Members.All(member => member.State != MemberState.Suspect
                && (member.State == MemberState.Alive) == names.Contains(member.Name))
            && host.Machine.Members.Count() >= names.Count);
    }

    /// <summary>True when each host that is up holds so many for alive.</summary>
    public bool AllSee(int alive) => _hosts.Where(host => host.IsUp).All(host =>
        host.Machine.Members.Count(member => member.State == MemberState.Alive) == alive);

    /// <summary>The address of the host with a number.</summary>
    public static IPEndPoint EndPointOf(int number) =>
        new(new IPAddress([10, (byte)((number + 1) >> 16), (byte)((number + 1) >> 8), (byte)(number + 1)]), 7946);
}
