using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Tests.Discovery;

/// <summary>What beacons set off is bounded, whoever sends them.</summary>
public sealed class BeaconBoundsTests
{
    private static readonly Beacon Self = Make(0);

    [Fact]
    public void An_answer_is_never_longer_than_the_question_that_caused_it()
    {
        var machine = Slow();
        Hear(machine, Make(1) with { Flags = BeaconFlags.Asks }, Second(101), size: 90); // answered at once
        Assert.Equal(90, Assert.Single(Take<BeaconEffect.Send>(machine)).LimitBytes);
        Hear(machine, Make(1) with { Flags = BeaconFlags.Asks }, Second(101.1), size: 50);
        Hear(machine, Make(2) with { Flags = BeaconFlags.Asks }, Second(101.1), size: 80);
        machine.HandleDeadline(Second(101.3)); // one answer to both
        Assert.Equal(80, Assert.Single(Take<BeaconEffect.Send>(machine)).LimitBytes);
    }

    [Fact]
    public void Ten_thousand_forged_questions_a_second_get_five_answers()
    {
        var machine = Slow();
        int answers = 0;
        for (int i = 0; i < 10_000; i++)
        {
            Instant now = Second(101) + TimeSpan.FromMicroseconds(100 * i);
            Hear(machine, Make(i) with { Flags = BeaconFlags.Asks }, now, verified: false);
            machine.HandleDeadline(now);
            answers += Take<BeaconEffect.Send>(machine).Count;
        }

        Assert.InRange(answers, 1, 6);
        Assert.True(machine.HeardCount <= BeaconMachine.MaxNodes);
    }

    [Theory]
    [InlineData(true, BeaconFlags.AdmitsJoiners, 0)]
    [InlineData(true, BeaconFlags.None, 1)] // they cannot let the newcomer in, this one can
    [InlineData(false, BeaconFlags.AdmitsJoiners, 1)] // anybody can say that
    public void Among_many_an_answer_is_left_out_when_enough_others_gave_theirs(
        bool verified, BeaconFlags flags, int answers)
    {
        var machine = Slow();
        for (int i = 1; i <= 200; i++)
        {
            Hear(machine, Make(i), Second(100.5));
        }

        Hear(machine, Make(300) with { Flags = BeaconFlags.Asks }, Second(101));
        for (int i = 1; i <= BeaconMachine.EnoughAnswers; i++)
        {
            Hear(machine, Make(i + 400) with { Flags = flags }, Second(101), verified: verified);
        }

        machine.HandleDeadline(Second(101.5));
        Assert.Equal(answers, Take<BeaconEffect.Send>(machine).Count);
    }

    [Fact]
    public void An_interface_that_comes_up_makes_it_ask_again_at_most_once_a_second()
    {
        var machine = new BeaconMachine(new Prng(1));
        machine.Handle(new BeaconInput.AskAgain(), Second(0)); // nothing to say yet
        Assert.Null(machine.NextDeadline);
        machine.Handle(new BeaconInput.Announce(Self), Second(1));
        machine.HandleDeadline(Second(50));
        Take<BeaconEffect.Send>(machine);
        machine.Handle(new BeaconInput.AskAgain(), Second(100));
        Assert.True(Assert.Single(Take<BeaconEffect.Send>(machine)).Beacon.Flags.HasFlag(BeaconFlags.Asks));
        machine.Handle(new BeaconInput.AskAgain(), Second(100.2));
        Assert.Empty(Take<BeaconEffect.Send>(machine));
        Assert.Equal(Second(101), machine.NextDeadline);
    }

    [Fact]
    public void Both_families_of_a_node_are_told()
    {
        var machine = new BeaconMachine(new Prng(1));
        Hear(machine, Make(1), Second(0), from: "192.0.2.1");
        Hear(machine, Make(1), Second(0.1), from: "fe80::1");
        Hear(machine, Make(1), Second(0.2), from: "fe80::1");
        Hear(machine, Make(1), Second(0.3), from: "192.0.2.1");
        Hear(machine, Make(1), Second(1.2), from: "fe80::1");
        Assert.Equal(["192.0.2.1", "fe80::1", "fe80::1"],
            Take<BeaconEffect.Tell>(machine).Select(tell => tell.Heard.From.Address.ToString()));
    }

    [Fact]
    public void Strangers_are_listed_with_what_they_prove_and_no_more_of_them_than_may_be()
    {
        var table = new StrangerTable();
        var key = new KeyFingerprint(Enumerable.Repeat((byte)1, 32).ToArray());
        table.Note(Heard(Make(1) with { Flags = BeaconFlags.WantsAdmission, KeyFingerprint = key }, "192.0.2.1",
            BeaconProof.Signed), Second(0));
        table.Note(Heard(Make(1), "192.0.2.2"), Second(1)); // the same name, another key: both stand there
        Assert.Equal([(true, true), (false, false)], table.List(Second(2))
            .OrderBy(stranger => stranger.Fingerprint is null).Select(each => (each.WantsAdmission, each.IsSigned)));
        table.Note(Heard(Make(1), "192.0.2.1"), Second(1)); // the first one's short form
        Assert.Equal(2, table.List(Second(2)).Count);
        Assert.Single(table.List(Second(30.5)));

        for (int i = 0; i < 1000; i++)
        {
            table.Note(Heard(Make(2000 + i), "192.0.2.3"), Second(2) + TimeSpan.FromMilliseconds(i));
        }

        Assert.Equal(2 + StrangerTable.MaxPerAddress, table.List(Second(3)).Count);
        for (int i = 0; i < 10_000; i++)
        {
            table.Note(Heard(Make(i), $"10.0.{i / 200 % 256}.{i % 200}"), Second(3) + TimeSpan.FromTicks(i));
        }

        Assert.Equal(StrangerTable.MaxStrangers, table.List(Second(4)).Count);
        NodeId member = table.List(Second(4))[0].Node;
        table.Note(Heard(Self with { Node = member }, "192.0.2.9") with { Verified = true }, Second(4));
        Assert.DoesNotContain(table.List(Second(4)), stranger => stranger.Node == member);
        table.Note(Heard(Make(1), "192.0.2.2"), Second(100));
        Assert.Single(table.List(Second(100)));
    }

    [Fact]
    public void A_bucket_gives_its_burst_and_then_its_rate()
    {
        var bucket = new TokenBucket(burst: 5, perSecond: 10);
        Assert.True(bucket.IsFull(Second(1)));
        int taken = 0;
        for (int ms = 0; ms < 10_000; ms++)
        {
            taken += bucket.TryTake(Second(1) + TimeSpan.FromMilliseconds(ms)) ? 1 : 0;
        }

        Assert.InRange(taken, 103, 105);
        Assert.False(bucket.IsFull(Second(11)));
        Assert.True(bucket.IsFull(Second(12)));
    }

    [Fact]
    public void One_noisy_address_leaves_room_for_the_others_and_all_together_have_a_bound()
    {
        var gate = new BeaconGate();
        int noisy = Enumerable.Range(0, 5000).Count(_ => gate.MayRead(IPAddress.Parse("192.0.2.1"), Second(1)));
        Assert.Equal(2 * BeaconGate.PerAddress, noisy);
        Assert.True(gate.MayRead(IPAddress.Parse("192.0.2.2"), Second(1)));
        int all = Enumerable.Range(0, 50_000).Count(i =>
            gate.MayRead(new IPAddress([10, 0, (byte)(i / 250 % 256), (byte)(i % 250)]), Second(1)));
        Assert.Equal((2 * BeaconGate.Total) - noisy - 1, all);
        Assert.Equal(5000 - noisy + 50_000 - all, gate.Refused);
        Assert.True(gate.MayRead(IPAddress.Parse("192.0.2.3"), Second(10)));
        int signatures = Enumerable.Range(0, 1000).Count(_ => gate.MayCheckSignature(Second(1)));
        Assert.Equal(2 * BeaconGate.Signatures, signatures);
    }

    [Fact]
    public void A_million_forged_addresses_cause_a_bounded_number_of_attempts()
    {
        var attempts = new SeedAttempts(8, 2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        int begun = 0;
        for (int i = 0; i < 1_000_000; i++)
        {
            var address = new IPEndPoint(new IPAddress(0x0A000000L + i), 1 + (i % 65_535));
            begun += attempts.TryBegin(address, Second(0) + TimeSpan.FromMicroseconds(10 * i)) ? 1 : 0;
        }

        Assert.InRange(begun, 20, 28); // ten seconds
        Assert.True(attempts.Count <= SeedAttempts.MaxAddresses);
    }

    [Fact]
    public void An_address_is_tried_again_ever_more_seldom_until_it_works()
    {
        var attempts = new SeedAttempts(100, 100, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
        var address = new IPEndPoint(IPAddress.Loopback, 1);
        var at = new List<int>();
        for (int second = 0; second < 16; second++)
        {
            if (attempts.TryBegin(address, Second(second)))
            {
                at.Add(second);
            }
        }

        Assert.Equal([0, 1, 3, 7, 11, 15], at);
        attempts.Succeeded(address);
        Assert.True(attempts.TryBegin(address, Second(15)));
        Assert.False(attempts.TryBegin(address, Second(15.5)));
        Assert.True(attempts.TryBegin(address, Second(16)));
    }

    [Fact]
    public void While_all_remembered_addresses_wait_no_other_is_tried()
    {
        var attempts = new SeedAttempts(1000, 1000, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
        int begun = Enumerable.Range(1, 300).Count(port =>
            attempts.TryBegin(new IPEndPoint(IPAddress.Loopback, port), Second(0)));
        Assert.Equal(SeedAttempts.MaxAddresses, begun);
        Assert.True(attempts.TryBegin(new IPEndPoint(IPAddress.Loopback, 300), Second(1)));
    }

    private static BeaconMachine Slow()
    {
        var machine = new BeaconMachine(new Prng(1));
        machine.Handle(new BeaconInput.Announce(Self), default);
        for (int i = 0; i < 20; i++)
        {
            machine.HandleDeadline(Second(i));
        }

        machine.HandleDeadline(Second(100));
        Take<BeaconEffect.Send>(machine);
        return machine;
    }

    private static void Hear(
        BeaconMachine machine, Beacon beacon, Instant now, bool verified = true, int size = Beacon.MaxBytes,
        string from = "127.0.0.1") => machine.Handle(
            new BeaconInput.Receive(new HeardBeacon(beacon, new IPEndPoint(IPAddress.Parse(from), 7979), verified)
            {
                SizeBytes = size,
            }),
            now);

    private static HeardBeacon Heard(Beacon beacon, string from, BeaconProof proof = BeaconProof.None) =>
        new(beacon, new IPEndPoint(IPAddress.Parse(from), 7979), Verified: false) { Proof = proof };

    private static List<T> Take<T>(BeaconMachine machine)
        where T : BeaconEffect
    {
        var taken = new List<T>();
        while (machine.TryTakeEffect(out BeaconEffect? effect))
        {
            if (effect is T wanted)
            {
                taken.Add(wanted);
            }
        }

        return taken;
    }

    private static Instant Second(double seconds) => default(Instant) + TimeSpan.FromSeconds(seconds);

    private static Beacon Make(int node) => new(
        Guid.Empty, NodeId.Create("host", new Guid(0, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(node >> 8), (byte)node)),
        7946, 7947, 7948, BeaconFlags.AdmitsJoiners);
}
