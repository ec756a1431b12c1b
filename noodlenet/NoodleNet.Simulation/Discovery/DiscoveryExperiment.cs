using System.Globalization;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Simulation.Network;
using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Discovery;

/// <summary>Settles a mesh, lets one node join, kills another, and watches every view.</summary>
/// <remarks>
/// Meaning: each node gets the whole state by one push/pull answer, real bytes that are read once for all, and then
/// runs for <see cref="Settling"/>. The newcomer enters through <see cref="Seeds"/> nodes. Loss is that of datagrams
/// and, unless it is given apart, of the segments of streams, where it means late. Names are node ids, metas are
/// <see cref="MetaBytes"/> long.
/// Bound: <see cref="Limit"/> of virtual time for each of the two questions.
/// </remarks>
public sealed class DiscoveryExperiment : ISwimObserver
{
    public const int MinNodes = 2;
    public const int MaxNodes = 20_000;
    public const double MaxLoss = 0.9;
    public const int Seeds = 3;
    public const int MetaBytes = 120;
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);
    private readonly int _nodes;
    private readonly ulong _seed;
    private readonly double _loss;
    private readonly Prng _chance;
    private readonly SwimCluster _cluster;
    private readonly Dictionary<SwimHost, Instant> _detected = [];
    private string _newcomer = "", _victim = "";
    private int _holders;
    private Instant? _converged;
    private long _falsePositives;

    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public DiscoveryExperiment(int nodes, ulong seed, double loss, SwimOptions profile, double? streamLoss = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, MinNodes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodes, MaxNodes);
        ArgumentOutOfRangeException.ThrowIfNegative(loss);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(loss, MaxLoss);
        double ofStreams = streamLoss ?? loss;
        ArgumentOutOfRangeException.ThrowIfNegative(ofStreams, nameof(streamLoss));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ofStreams, MaxLoss, nameof(streamLoss));
        (_nodes, _seed, _loss) = (nodes, seed, loss);
        var options = profile with { MaxMembers = MaxNodes + 1 };
        _cluster = new SwimCluster(seed, options, new LinkQuality { Loss = loss, StreamLoss = ofStreams });
        _chance = _cluster.Simulation.Streams["experiment"];
    }

    /// <summary>The virtual clock.</summary>
    public Instant Now => _cluster.Simulation.Now;

    /// <param name="tell">Called about each virtual second with what goes on; may throw to end it.</param>
    /// <returns>Null when the views did not all hear of it within the limit.</returns>
    public DiscoveryResult? Run(Action<string> tell)
    {
        ArgumentNullException.ThrowIfNull(tell);
        tell($"starting {_nodes} nodes");
        Settle(tell);
        Instant settled = Now;
        long bytes = _cluster.Network.Counters.Bytes;

        SwimHost newcomer = AddNode();
        _newcomer = newcomer.Name;
        Instant joins = Now;
        newcomer.Join([.. Enumerable.Range(0, Seeds).Select(_ => Draw().EndPoint)]);
        if (!RunUntil(() => _converged is not null, "spreading word of the newcomer", tell))
        {
            return null;
        }

        SwimHost victim = Draw();
        _victim = victim.Name;
        Instant dies = Now;
        victim.Crash();
        if (!RunUntil(() => _detected.Count >= _nodes, "finding the dead", tell))
        {
            return null;
        }

        double[] detectMs = [.. _detected.Values.Select(at => (at - dies).TotalMilliseconds).Order()];
        bytes = _cluster.Network.Counters.Bytes - bytes;
        return new DiscoveryResult(_nodes, _seed, _loss, (_converged!.Value - joins).TotalMilliseconds,
            Percentile(detectMs, 50), Percentile(detectMs, 99), _falsePositives,
            bytes / (double)_nodes / (Now - settled).TotalSeconds,
            _cluster.Simulation.Trace.Value.ToString("x16", CultureInfo.InvariantCulture));
    }

    void ISwimObserver.Saw(SwimHost host, SwimEffect effect)
    {
        if (effect is not SwimEffect.Member { Event: { } change } || host.Name == change.Name)
        {
            return;
        }

        if (change.Name == _newcomer)
        {
            Count(change.Change);
        }

        if (change.Change != MemberChange.Failed)
        {
            return;
        }

        if (change.Name == _victim)
        {
            _detected.TryAdd(host, Now);
        }
        else
        {
            _falsePositives++;
        }
    }

    void ISwimObserver.Stepped(SwimHost host)
    {
    }

    void ISwimObserver.Started(SwimHost host)
    {
    }

    private void Settle(Action<string> tell)
    {
        for (int i = 0; i < _nodes; i++)
        {
            AddNode();
        }

        byte[] state = _cluster.Envelope.SealStream(new GossipMessage.PushPull(
            false, [.. _cluster.Hosts.Select(host => host.Machine.Members.First())], default), false, false, []);
        var reader = new GossipStreamReader(_cluster.Envelope, accepted: false);
        reader.Feed(state);
        var answer = (GossipMessage.PushPull)reader.Message!;
        foreach (SwimHost host in _cluster.Hosts)
        {
            host.Give(new SwimInput.ExchangeAnswered(0, answer, host.EndPoint));
            if (host.Index % 1_000 == 999)
            {
                tell($"{host.Index + 1} nodes have the whole state");
            }
        }

        _cluster.Observer = this;
        for (TimeSpan run = default; run < Settling; run += TimeSpan.FromSeconds(1))
        {
            tell("settling");
            _cluster.Simulation.RunFor(TimeSpan.FromSeconds(1));
        }
    }

    private bool RunUntil(Func<bool> holds, string what, Action<string> tell)
    {
        for (Instant limit = Now + Limit; !holds();)
        {
            if (Now >= limit)
            {
                return false;
            }

            tell(what);
            _cluster.Simulation.RunUntil(holds, TimeSpan.FromSeconds(1), s_look);
        }

        return true;
    }

    private void Count(MemberChange change)
    {
        _holders += change switch { MemberChange.Joined => 1, MemberChange.Failed or MemberChange.Left => -1, _ => 0 };
        if (_holders * 10_000L >= _nodes * 9_999L)
        {
            _converged ??= Now;
        }
    }

    private SwimHost AddNode()
    {
        var id = new byte[16];
        _chance.Fill(id);
        var meta = new byte[MetaBytes];
        _chance.Fill(meta);
        return _cluster.Add(NodeId.Create($"host{_cluster.Hosts.Count}", new Guid(id)).ToString(), meta: meta);
    }

    private SwimHost Draw() => _cluster.Hosts[_chance.Next(_nodes)];

    private static double Percentile(double[] sorted, int percent) =>
        sorted[Math.Max(1, (int)Math.Ceiling(percent * sorted.Length / 100.0)) - 1];
}
