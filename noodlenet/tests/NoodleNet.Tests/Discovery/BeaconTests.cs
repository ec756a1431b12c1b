using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Tests.Discovery;

public sealed class BeaconTests
{
    private static readonly KeyRing Keys = new(Enumerable.Repeat((byte)7, 32).ToArray());
    private static readonly Beacon Self = Make(1);

    [Fact]
    public void The_form_is_frozen() => Assert.Equal(
        "4e444c4201" + "01" + "0102030405060708090a0b0c0d0e0f10" + "1f0a" + "1f0b" + "1f0c" + "25"
        + Convert.ToHexStringLower("host-00000000000000000000000000000001"u8) + "00000000000000000000000000000000",
        Convert.ToHexStringLower(Self.ToBytes(null)));

    [Fact]
    public void Only_a_key_holder_makes_a_seal()
    {
        byte[] bytes = Self.ToBytes(Keys);
        var later = new KeyRing(new byte[32], Keys.Primary);
        Assert.Equal((Self, true), Read(bytes, Keys));
        Assert.Equal((Self, true), Read(bytes, later));
        Assert.Equal((Self, false), Read(bytes, null));
        Assert.Equal((Self, false), Read(Self.ToBytes(null), Keys));
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Beacon.Read(flipped, Keys, out _, out bool verified);
            Assert.False(verified);
        }
    }

    [Fact]
    public void Broken_beacons_name_their_fault()
    {
        byte[] bytes = Self.ToBytes(Keys);
        Assert.Equal(WireFault.TooLarge, Beacon.Read(new byte[513], Keys, out _, out _));
        Assert.Equal(WireFault.UnknownType, Beacon.Read("hello"u8, Keys, out _, out _));
        Assert.Equal(WireFault.Truncated, Beacon.Read(bytes.AsSpan(..^1), Keys, out _, out _));
        Assert.Equal(WireFault.BadVersions, Beacon.Read([.. bytes[..4], 0, .. bytes[5..]], Keys, out _, out _));
        Assert.Equal(WireFault.Malformed, Beacon.Read([.. bytes[..30], (byte)'/', .. bytes[31..]], Keys, out _, out _));
    }

    [Fact]
    public void A_node_asks_three_times_then_announces_quickly_then_slowly()
    {
        var machine = new BeaconMachine(new Prng(1));
        var sent = new List<(double At, bool Asks)>();
        Instant now = default;
        machine.HandleDeadline(now);
        machine.Handle(new BeaconInput.Announce(Self), now);
        while (now < Second(60))
        {
            foreach (Beacon beacon in Sent(machine))
            {
                sent.Add(((now - Instant.Origin).TotalMilliseconds, beacon.Flags.HasFlag(BeaconFlags.Asks)));
            }

            now = machine.NextDeadline!.Value;
            machine.HandleDeadline(now);
        }

        Assert.Equal([0, 100, 300, 1300, 2300], sent.Take(5).Select(beacon => beacon.At));
        Assert.Equal([true, true, true, false, false], sent.Take(5).Select(beacon => beacon.Asks));
        Assert.Equal(10_300, sent[12].At);
        Assert.All(sent.Skip(13).Zip(sent.Skip(14), (a, b) => b.At - a.At), gap => Assert.InRange(gap, 4_500, 5_500));
    }

    [Fact]
    public void Questions_are_answered_but_not_each_one()
    {
        var machine = new BeaconMachine(new Prng(1));
        machine.Handle(new BeaconInput.Announce(Self), default);
        machine.HandleDeadline(Second(100)); // long in the slow phase
        Sent(machine);
        int answers = 0;
        for (int ms = 0; ms < 400; ms += 10)
        {
            Instant now = Second(101) + TimeSpan.FromMilliseconds(ms);
            var question = new HeardBeacon(Make(2) with { Flags = BeaconFlags.Asks }, new(IPAddress.Loopback, 1), true);
            machine.Handle(new BeaconInput.Receive(question), now);
            machine.HandleDeadline(now);
            answers += Sent(machine).Count;
        }

        Assert.InRange(answers, 2, 3);
    }

    [Fact]
    public void News_are_told_at_once_and_repeats_once_a_second()
    {
        var machine = new BeaconMachine(new Prng(1));
        Assert.Single(Hear(machine, Make(2), default));
        Assert.Empty(Hear(machine, Make(2), Second(0.5)));
        Assert.Single(Hear(machine, Make(2) with { LinkPort = 5 }, Second(0.6)));
        Assert.Single(Hear(machine, Make(2) with { LinkPort = 5, Flags = BeaconFlags.None }, Second(0.7)));
        Assert.Single(Hear(machine, Make(2) with { LinkPort = 5, Flags = BeaconFlags.None }, Second(1.8)));
        machine.Handle(new BeaconInput.Announce(Self), Second(2));
        Sent(machine);
        Assert.Empty(Hear(machine, Self, Second(2)));
    }

    [Fact]
    public void A_stranger_cannot_speak_for_a_verified_node_nor_push_it_out()
    {
        var machine = new BeaconMachine(new Prng(1));
        Assert.Single(Hear(machine, Make(0), default));
        Assert.Empty(Hear(machine, Make(0) with { LinkPort = 9 }, Second(1), verified: false));
        for (int i = 1; i < BeaconMachine.MaxNodes; i++)
        {
            Assert.Single(Hear(machine, Make(i), Second(1)));
        }

        Assert.Empty(Hear(machine, Make(5000), Second(2), verified: false));
        Assert.Single(Hear(machine, Make(5001), Second(2)));
        Assert.Equal(BeaconMachine.MaxNodes, machine.HeardCount);
        Assert.Single(Hear(machine, Make(5000), Second(60), verified: false)); // the verified are forgotten by now
    }

    private static List<HeardBeacon> Hear(BeaconMachine machine, Beacon beacon, Instant now, bool verified = true)
    {
        var from = new IPEndPoint(IPAddress.Loopback, 7979);
        machine.Handle(new BeaconInput.Receive(new HeardBeacon(beacon, from, verified)), now);
        var told = new List<HeardBeacon>();
        while (machine.TryTakeEffect(out BeaconEffect? effect))
        {
            if (effect is BeaconEffect.Tell tell)
            {
                told.Add(tell.Heard);
            }
        }

        return told;
    }

    private static List<Beacon> Sent(BeaconMachine machine)
    {
        var sent = new List<Beacon>();
        while (machine.TryTakeEffect(out BeaconEffect? effect))
        {
            if (effect is BeaconEffect.Send send)
            {
                sent.Add(send.Beacon);
            }
        }

        return sent;
    }

    private static (Beacon?, bool) Read(byte[] bytes, KeyRing? keys)
    {
        Assert.Equal(WireFault.None, Beacon.Read(bytes, keys, out Beacon? beacon, out bool verified));
        return (beacon, verified);
    }

    private static Instant Second(double seconds) => default(Instant) + TimeSpan.FromSeconds(seconds);

    private static Beacon Make(int node) => new(
        Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10"),
        NodeId.Create("host", new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(node >> 8), (byte)node)),
        7946, 7947, 7948, BeaconFlags.AdmitsJoiners);
}
