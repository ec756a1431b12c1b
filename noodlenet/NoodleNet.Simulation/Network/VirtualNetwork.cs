using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Simulation.Network;

/// <summary>Carries bytes between hosts, late, twice, broken or never.</summary>
/// <remarks>
/// Meaning: a datagram meets, in this order: a cut, the longest length, the sender's bandwidth, loss, a clog, turned
/// bits, a copy, and the way itself. Chance comes from the streams <c>network</c> and <c>streams</c> of the seed.
/// </remarks>
public sealed class VirtualNetwork
{
    private const int MaxTailDoublings = 10;
    private readonly Simulation _simulation;
    private readonly Prng _chance;
    private readonly Dictionary<IPEndPoint, int> _byEndPoint = [];
    private readonly List<INetworkHost> _hosts = [];
    private readonly List<Instant> _sendsUntil = [];

    public VirtualNetwork(Simulation simulation, LinkQuality quality)
    {
        ArgumentNullException.ThrowIfNull(simulation);
        (_simulation, Quality) = (simulation, quality);
        _chance = simulation.Streams["network"];
        Streams = new VirtualStreams(simulation, this);
    }

    /// <summary>What every link is like now.</summary>
    public LinkQuality Quality { get; set; }

    public LinkFaults Faults { get; } = new();

    public NetworkCounters Counters { get; } = new();

    public VirtualStreams Streams { get; }

    public IReadOnlyList<INetworkHost> Hosts => _hosts;

    /// <summary>Takes a host in; one at the same address gives way. Returns its number.</summary>
    public int Attach(INetworkHost host)
    {
        ArgumentNullException.ThrowIfNull(host);
        _hosts.Add(host);
        _sendsUntil.Add(default);
        return _byEndPoint[host.EndPoint] = _hosts.Count - 1;
    }

    /// <summary>The number of the host at an address, or -1.</summary>
    public int Find(IPEndPoint endpoint) => _byEndPoint.TryGetValue(endpoint, out int host) ? host : -1;

    public void Send(int from, IPEndPoint to, byte[] datagram)
    {
        ArgumentNullException.ThrowIfNull(datagram);
        Counters.Datagrams++;
        Counters.DatagramBytes += datagram.Length;
        int target = Find(to);
        if (target < 0 || Faults.IsCut(from, target))
        {
            Counters.Blocked++;
        }
        else if (Quality.MtuBytes != 0 && datagram.Length > Quality.MtuBytes)
        {
            Counters.TooLong++;
        }
        else if (TryQueue(from, datagram.Length) is not { } leaves)
        {
            Counters.QueueFull++;
        }
        else if (_chance.NextBool(Quality.Loss))
        {
            Counters.Lost++;
        }
        else if (Faults.TryHold(from, target, leaves) is not { } passes)
        {
            Counters.Clogged++;
        }
        else
        {
            Counters.Clogged += passes > leaves ? 1 : 0;
            Carry(from, target, Flip(datagram), passes);
        }
    }

    /// <summary>What one direction takes now.</summary>
    internal TimeSpan Latency(int from, int to, Prng chance)
    {
        // The part that belongs to the link is a hash of its ends: no table of hosts squared.
        ulong link = (((ulong)(uint)from << 32) | (uint)to) ^ _simulation.Streams.Seed;
        link = (link ^ (link >> 30)) * 0xBF58476D1CE4E5B9;
        link = (link ^ (link >> 27)) * 0x94D049BB133111EB;
        long spread = (long)((UInt128)(ulong)Quality.Spread.Ticks * (link ^ (link >> 31)) >> 64);
        TimeSpan latency = Quality.Latency + new TimeSpan(spread) + chance.Next(Quality.Jitter);
        if (chance.NextBool(Quality.Tail))
        {
            int doublings = 1;
            while (doublings < MaxTailDoublings && (chance.NextUInt64() & 1) != 0)
            {
                doublings++;
            }

            latency += Quality.Jitter * (1 << doublings);
        }

        return latency;
    }

    private void Carry(int from, int to, byte[] datagram, Instant passes)
    {
        bool twice = _chance.NextBool(Quality.Duplication);
        Counters.Duplicated += twice ? 1 : 0;
        for (int copy = twice ? 2 : 1; copy > 0; copy--)
        {
            Instant arrives = passes + Latency(from, to, _chance);
            if (_chance.NextBool(Quality.Reordering))
            {
                Counters.Reordered++;
                arrives += _chance.Next(Quality.ReorderBy);
            }

            IPEndPoint source = _hosts[from].EndPoint;
            INetworkHost target = _hosts[to];
            _simulation.At(arrives, () =>
            {
                if (target.IsUp)
                {
                    target.ReceiveDatagram(datagram, source);
                }
            });
        }
    }

    private byte[] Flip(byte[] datagram)
    {
        if (!_chance.NextBool(Quality.BitFlips) || datagram.Length == 0)
        {
            return datagram;
        }

        Counters.Flipped++;
        byte[] flipped = [.. datagram];
        flipped[_chance.Next(flipped.Length)] ^= (byte)(1 << _chance.Next(8));
        return flipped;
    }

    private Instant? TryQueue(int from, int bytes)
    {
        Instant now = _simulation.Now;
        if (Quality.BytesPerSecond == 0)
        {
            return now;
        }

        Instant starts = _sendsUntil[from] > now ? _sendsUntil[from] : now;
        long waiting = (starts - now).Ticks * Quality.BytesPerSecond / TimeSpan.TicksPerSecond;
        if (waiting + bytes > Quality.QueueBytes)
        {
            return null;
        }

        return _sendsUntil[from] = starts + Lasts(bytes);
    }

    /// <summary>How long so many bytes take to be sent.</summary>
    internal TimeSpan Lasts(long bytes) => Quality.BytesPerSecond == 0
        ? default
        : new TimeSpan(bytes * TimeSpan.TicksPerSecond / Quality.BytesPerSecond);
}
