using System.Net;
using Noodle.Primitives;
using NoodleNet.Simulation.Network;
using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Tests;

public sealed class VirtualNetworkTests
{
    private const int Sent = 2_000;
    private static readonly LinkQuality s_plain = new() { Tail = 0, Jitter = default };
    private readonly Simulation _simulation = new(3);

    [Fact]
    public void Loss_copies_and_turned_bits_come_as_often_as_they_should()
    {
        (VirtualNetwork network, _, Peer to) = Pair(
            s_plain with { Loss = 0.2, Duplication = 0.1, BitFlips = 0.05, Reordering = 0.3, Tail = 0.2 });
        for (int i = 0; i < Sent; i++)
        {
            network.Send(0, to.EndPoint, [0]);
        }

        network.Send(0, to.EndPoint, []);
        _simulation.RunFor(TimeSpan.FromMinutes(1));
        Assert.InRange(network.Counters.Lost, Sent * 0.15, Sent * 0.25);
        Assert.InRange(to.Datagrams.Count, (Sent * 0.8 * 1.05) - 100, (Sent * 0.8 * 1.15) + 100);
        Assert.InRange(to.Datagrams.Count(datagram => datagram is not [] and not [0]), Sent * 0.02, Sent * 0.08);
        Assert.InRange(network.Counters.Reordered, Sent * 0.2, Sent * 0.3);
        Assert.Equal(Sent + 1, network.Counters.Datagrams);
    }

    [Fact]
    public void A_cut_is_one_way_until_it_is_healed()
    {
        (VirtualNetwork network, Peer from, Peer to) = Pair(s_plain);
        network.Faults.Cut(0, 1);
        Assert.Equal((0, 1), (Arrived(network, 0, to), Arrived(network, 1, from)));
        network.Faults.Heal(0, 1);
        Assert.Equal(1, Arrived(network, 0, to));
        network.Send(0, new IPEndPoint(IPAddress.Loopback, 1), [0]);
        Assert.Equal(2, network.Counters.Blocked);
        to.IsUp = false;
        Assert.Equal(0, Arrived(network, 0, to));
    }

    [Fact]
    public void A_clog_holds_what_it_can_and_lets_it_go_in_the_end()
    {
        (VirtualNetwork network, _, Peer to) = Pair(s_plain);
        network.Faults.Clog(0, 1, _simulation.Now + TimeSpan.FromSeconds(2));
        for (int i = 0; i < LinkFaults.MaxClogged + 5; i++)
        {
            network.Send(0, to.EndPoint, [0]);
        }

        _simulation.RunFor(TimeSpan.FromSeconds(1.9));
        Assert.Empty(to.Datagrams);
        _simulation.RunFor(TimeSpan.FromSeconds(1));
        Assert.Equal(LinkFaults.MaxClogged, to.Datagrams.Count);
        Assert.Equal(1, Arrived(network, 0, to));
    }

    [Fact]
    public void What_is_too_long_vanishes_and_what_is_too_much_waits_or_vanishes()
    {
        (VirtualNetwork network, _, Peer to) = Pair(
            s_plain with { MtuBytes = 100, BytesPerSecond = 1_000, QueueBytes = 300 });
        network.Send(0, to.EndPoint, new byte[101]);
        for (int i = 0; i < 5; i++)
        {
            network.Send(0, to.EndPoint, new byte[100]);
        }

        Assert.Equal((1, 2), (network.Counters.TooLong, network.Counters.QueueFull));
        _simulation.RunFor(TimeSpan.FromMilliseconds(150));
        Assert.Single(to.Datagrams);
        _simulation.RunFor(TimeSpan.FromMilliseconds(200));
        Assert.Equal(3, to.Datagrams.Count);
    }

    [Fact]
    public void A_link_has_a_latency_of_its_own_the_same_at_all_times()
    {
        (VirtualNetwork network, _, _) = Pair(s_plain with { Spread = TimeSpan.FromMilliseconds(100) });
        Prng chance = new(1);
        TimeSpan there = network.Latency(0, 1, chance), back = network.Latency(1, 0, chance);
        Assert.Equal(there, network.Latency(0, 1, chance));
        Assert.NotEqual(there, back);
        Assert.InRange(there, s_plain.Latency, s_plain.Latency + TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public void A_stream_brings_question_and_answer()
    {
        (VirtualNetwork network, _, _) = Pair(s_plain with { BytesPerSecond = 100_000, StreamLoss = 0.3 });
        byte[]? answer = Ask(network, new byte[50_000]);
        Assert.Equal([1, 2], answer);
        Assert.True(network.Counters.StreamBytes >= 50_002);
    }

    [Fact]
    public void Loss_makes_streams_late_and_breaks_none()
    {
        (VirtualNetwork network, _, _) = Pair(s_plain with { StreamLoss = 0.2 });
        var took = new List<TimeSpan>();
        for (int i = 0; i < 200; i++)
        {
            Instant asked = _simulation.Now;
            network.Streams.Ask(0, network.Hosts[1].EndPoint, new byte[20_000], TimeSpan.FromMinutes(2), answer =>
            {
                Assert.Equal([1, 2], answer);
                took.Add(_simulation.Now - asked);
            });
            _simulation.RunFor(TimeSpan.FromMinutes(2));
        }

        Assert.Equal(200, took.Count);
        Assert.InRange(took.Count(time => time < TimeSpan.FromSeconds(1)), 90, 160); // both ways of the opening: 64 %
        Assert.InRange(took.Max(), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("nobody there")]
    [InlineData("process down")]
    [InlineData("goes down on the way")]
    [InlineData("cut")]
    [InlineData("clogged")]
    [InlineData("broken before the answer")]
    [InlineData("streams blocked")]
    [InlineData("says nothing")]
    public void A_stream_that_comes_to_nothing_says_so_once(string why)
    {
        (VirtualNetwork network, _, Peer to) = Pair(s_plain);
        switch (why)
        {
            case "process down": to.IsUp = false; break;
            case "goes down on the way":
                _simulation.After(TimeSpan.FromMilliseconds(2.5), () => to.IsUp = false);
                network.Quality = s_plain with { Latency = TimeSpan.FromMilliseconds(1), Spread = default };
                break;
            case "cut": network.Faults.Cut(1, 0); break;
            case "clogged": network.Faults.Clog(0, 1, Instant.Never); break;
            case "broken before the answer": network.Streams.Breaks = 1; break;
            case "streams blocked": network.Streams.Work = false; break;
            case "says nothing": to.IsMute = true; break;
        }

        IPEndPoint at = why == "nobody there" ? new IPEndPoint(IPAddress.Loopback, 1) : to.EndPoint;
        int ended = 0;
        network.Streams.Ask(0, at, [1], TimeSpan.FromSeconds(3), answer =>
        {
            ended++;
            Assert.Null(answer);
        });
        _simulation.RunFor(TimeSpan.FromSeconds(60));
        Assert.Equal(1, ended);
    }

    [Fact]
    public void A_stream_outlives_a_short_cut()
    {
        (VirtualNetwork network, _, _) = Pair(s_plain);
        network.Faults.Cut(0, 1);
        _simulation.After(TimeSpan.FromSeconds(2), network.Faults.HealAll);
        Assert.Equal([1, 2], Ask(network, [1]));
    }

    private byte[]? Ask(VirtualNetwork network, byte[] question)
    {
        byte[]? got = null;
        network.Streams.Ask(0, network.Hosts[1].EndPoint, question, TimeSpan.FromSeconds(30), answer => got = answer);
        _simulation.RunFor(TimeSpan.FromSeconds(31));
        return got;
    }

    private int Arrived(VirtualNetwork network, int from, Peer to)
    {
        int before = to.Datagrams.Count;
        network.Send(from, to.EndPoint, [0]);
        _simulation.RunFor(TimeSpan.FromSeconds(1));
        return to.Datagrams.Count - before;
    }

    private (VirtualNetwork Network, Peer From, Peer To) Pair(LinkQuality quality)
    {
        var network = new VirtualNetwork(_simulation, quality);
        var from = new Peer(SwimCluster.EndPointOf(0));
        var to = new Peer(SwimCluster.EndPointOf(1));
        Assert.Equal((0, 1), (network.Attach(from), network.Attach(to)));
        return (network, from, to);
    }

    private sealed class Peer(IPEndPoint endpoint) : INetworkHost
    {
        public IPEndPoint EndPoint => endpoint;

        public bool IsUp { get; set; } = true;

        public bool IsMute { get; set; }

        public List<byte[]> Datagrams { get; } = [];

        public void ReceiveDatagram(byte[] datagram, IPEndPoint from) => Datagrams.Add(datagram);

        public void ReceiveStream(byte[] request, IPEndPoint from, Action<byte[]> reply)
        {
            if (!IsMute)
            {
                reply([1, 2]);
            }
        }
    }
}
