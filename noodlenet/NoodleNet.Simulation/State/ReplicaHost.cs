using System.Net;
using Noodle.Primitives;
using NoodleNet.Simulation.Network;
using NoodleNet.State;

namespace NoodleNet.Simulation.State;

/// <summary>One host with a replica; what is on its disk outlives a crash unless the disk is lost too.</summary>
public sealed class ReplicaHost : SimulatedHost<ReplicaInput, ReplicaSend>, INetworkHost
{
    private readonly VirtualNetwork _network;
    private readonly int _peers, _index;
    private readonly NodeId _node;
    private readonly SortedDictionary<string, HybridStamp> _seen = new(StringComparer.Ordinal);
    private ReplicaMachine? _machine;

    internal ReplicaHost(Simulation simulation, VirtualNetwork network, int peers, NodeId node)
        : base(simulation, node.ToString())
    {
        (_network, _peers, _node) = (network, peers, node);
        EndPoint = Swim.SwimCluster.EndPointOf(network.Hosts.Count);
        _index = network.Attach(this);
    }

    public IPEndPoint EndPoint { get; }

    public LwwMap Map { get; private set; } = new();

    public void Start(bool keepsState, int driftPpm)
    {
        if (!keepsState)
        {
            Map = new LwwMap();
            _seen.Clear();
        }

        var clock = new HostClock(Simulation.Now);
        clock.SetDrift(driftPpm, Simulation.Now);
        _machine = new ReplicaMachine(_node, Map, _peers, _index, Simulation.Streams[$"replica {Name} {Life}"]);
        Boot(_machine, clock);
        Give(new ReplicaInput.Start());
    }

    public void ReceiveDatagram(byte[] datagram, IPEndPoint from) =>
        Give(new ReplicaInput.Message(datagram, _network.Find(from)));

    public void ReceiveStream(byte[] request, IPEndPoint from, Action<byte[]> reply) =>
        throw new NotSupportedException("replicas talk in datagrams alone");

    protected override void Perform(ReplicaSend effect)
    {
        Simulation.Trace.Add(Simulation.Now.Nanoseconds);
        Simulation.Trace.Add(effect.Bytes);
        _network.Send(_index, _network.Hosts[effect.To].EndPoint, effect.Bytes);
    }

    protected override void AfterStep(bool firedDeadline)
    {
        foreach (LwwEntry entry in Map.Entries)
        {
            if (_seen.TryGetValue(entry.Key, out HybridStamp before) && entry.Stamp < before)
            {
                Simulation.Violate(Name, $"{entry.Key} went back from {before} to {entry.Stamp}");
            }

            _seen[entry.Key] = entry.Stamp;
        }

        if (Map.Count != _seen.Count)
        {
            Simulation.Violate(Name, $"{_seen.Count - Map.Count} keys are gone without a tombstone");
        }
    }
}
