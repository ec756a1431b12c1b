using Noodle.Primitives;
using NoodleNet.Discovery.Wire;
using NoodleNet.Trust;

namespace NoodleNet.Tests.Trust;

public sealed class KeyRotationTests
{
    private readonly KeyRotation _driver = new(TestSeal.A);
    private Instant _now = Instant.Origin;

    [Fact]
    public void Everybody_has_the_new_key_before_anybody_seals_with_it_and_seals_with_it_before_the_old_one_goes()
    {
        See(TestSeal.Ring(1, RingPhase.Settled, 1));
        GossipRingRecord installing = Begin(2)!;
        Assert.Equal("2 Installing 1,2", Text(installing));
        Assert.Null(Members((TestSeal.B, 1), (TestSeal.C, 2)));
        GossipRingRecord use = Members((TestSeal.B, 2), (TestSeal.C, 2))!;
        Assert.Equal("3 Using 2,1", Text(use));
        Assert.Null(Members((TestSeal.B, 3), (TestSeal.C, 2)));
        Assert.Null(Members((TestSeal.B, 3), (TestSeal.C, 3))); // the grace begins
        Assert.Null(Fire(KeyRotation.Grace - TimeSpan.FromMilliseconds(1)));
        Assert.Equal("4 Settled 2", Text(Fire(TimeSpan.FromMilliseconds(1))!));
        Assert.False(_driver.IsUnderWay);
        Assert.Null(_driver.NextDeadline);
    }

    [Fact]
    public void A_member_that_comes_during_the_grace_puts_it_off()
    {
        See(TestSeal.Ring(1, RingPhase.Settled, 1));
        Begin(2);
        Members((TestSeal.B, 2));
        Members((TestSeal.B, 3));
        Members((TestSeal.B, 3), (TestSeal.C, null));
        Assert.Null(Fire(KeyRotation.Grace));
        Members((TestSeal.B, 3), (TestSeal.C, 3));
        Assert.Equal("4 Settled 2", Text(Fire(KeyRotation.Grace)!));
    }

    [Fact]
    public void Who_stays_silent_is_waited_for_and_then_named()
    {
        See(TestSeal.Ring(1, RingPhase.Settled, 1));
        Begin(2);
        Members((TestSeal.C, null), (TestSeal.B, 1), (TestSeal.A, 0));
        Assert.Null(Fire(KeyRotation.Patience - TimeSpan.FromTicks(1)));
        _now += TimeSpan.FromTicks(1);
        _driver.HandleDeadline(_now);
        Assert.True(_driver.TryTakeEffect(out RotationEffect? told));
        Assert.Equal([TestSeal.B, TestSeal.C], Assert.IsType<RotationEffect.WentOnWithout>(told).Nodes);
        Assert.Equal("3 Using 2,1", Text(Taken()!));
        Assert.Null(Taken());
    }

    [Fact]
    public void A_node_alone_changes_its_key_too()
    {
        See(TestSeal.Ring(1, RingPhase.Settled, 1));
        Begin(2);
        Assert.Equal("3 Using 2,1", Text(Members()!));
        Members();
        Assert.Equal("4 Settled 2", Text(Fire(KeyRotation.Grace)!));
    }

    [Fact]
    public void Of_changes_asked_for_meanwhile_the_last_follows()
    {
        Assert.Null(Begin(2)); // nothing is known yet
        Assert.Equal("2 Installing 1,2", Text(See(TestSeal.Ring(1, RingPhase.Settled, 1))!));
        Assert.Null(Taken()); // nor who lives
        Assert.Null(Begin(3));
        Assert.Null(Begin(4));
        Assert.Equal("3 Using 2,1", Text(Members()!));
        Members();
        Assert.Equal("4 Settled 2", Text(Fire(KeyRotation.Grace)!));
        Assert.Equal("5 Installing 2,4", Text(Taken()!));
    }

    [Theory]
    [InlineData(RingPhase.Installing, "3 Using 2,1")]
    [InlineData(RingPhase.Using, "3 Settled 1")]
    public void Another_admin_goes_on_where_the_driver_was_lost(RingPhase phase, string then)
    {
        var other = new KeyRotation(TestSeal.B);
        other.Handle(new RotationInput.RingSeen(TestSeal.Ring(2, phase, 1, 2)), _now);
        other.Handle(new RotationInput.Members(new Dictionary<NodeId, uint?>()), _now);
        Assert.True(other.IsUnderWay);
        Assert.Equal(_now + KeyRotation.TakeOverAfter, other.NextDeadline);
        other.HandleDeadline(_now + KeyRotation.TakeOverAfter - TimeSpan.FromTicks(1));
        Assert.False(other.TryTakeEffect(out _));
        other.HandleDeadline(_now + KeyRotation.TakeOverAfter);
        Assert.True(other.TryTakeEffect(out RotationEffect? effect));
        GossipRingRecord ring = Assert.IsType<RotationEffect.Publish>(effect).Ring;
        Assert.Equal((then, TestSeal.B), (Text(ring), ring.Driver));
    }

    [Fact]
    public void What_is_older_or_the_same_moves_nothing()
    {
        See(TestSeal.Ring(5, RingPhase.Settled, 1));
        GossipRingRecord ring = Begin(2)!;
        See(TestSeal.Ring(4, RingPhase.Settled, 9));
        See(ring);
        Assert.Equal(_now + KeyRotation.Patience, _driver.NextDeadline);
        See(TestSeal.Ring(6, RingPhase.Installing, 1, 9)); // another admin's, which the ledger preferred
        Assert.Equal("7 Using 9,1", Text(Members()!));
    }

    [Fact]
    public void With_any_order_and_delay_no_two_nodes_ever_lack_a_common_key() =>
        Gen.Select(Gen.Int[0, 2].Array[60, 110], Gen.Int[0, 100_000]).Sample((order, _) =>
        {
            var machine = new KeyRotation(TestSeal.A);
            GossipRingRecord ring = TestSeal.Ring(1, RingPhase.Settled, 1);
            GossipRingRecord[] held = [ring, ring, ring];
            NodeId[] nodes = [TestSeal.A, TestSeal.B, TestSeal.C];
            Instant now = Instant.Origin;
            machine.Handle(new RotationInput.RingSeen(ring), now);
            machine.Handle(new RotationInput.Begin(TestSeal.Bytes(2)), now);
            foreach (int node in order)
            {
                while (machine.TryTakeEffect(out RotationEffect? effect))
                {
                    ring = effect is RotationEffect.Publish publish ? publish.Ring : ring;
                    held[0] = ring; // the driver has what it publishes
                }

                held[node] = ring; // only this one hears of it now
                foreach (GossipRingRecord sealer in held)
                {
                    Assert.All(held, opener => Assert.Contains(
                        opener.Keys, key => key.Span.SequenceEqual(sealer.Keys[0].Span)));
                }

                now += TimeSpan.FromSeconds(1);
                machine.Handle(new RotationInput.Members(
                    nodes.Index().ToDictionary(each => each.Item, each => (uint?)held[each.Index].Epoch)), now);
                machine.HandleDeadline(now);
            }
        }, iter: 200);

    [Fact]
    public void A_ring_changes_at_run_time_and_says_what_it_refuses()
    {
        var ring = new KeyRing(TestSeal.Bytes(1));
        byte[] sealedOld = ring.Seal("old"u8, new byte[12], []);
        Assert.Equal(KeyRingFault.Unknown, ring.TryUse(TestSeal.Bytes(2)));
        Assert.Equal(KeyRingFault.None, ring.TryInstall(TestSeal.Bytes(2)));
        Assert.Equal(KeyRingFault.None, ring.TryInstall(TestSeal.Bytes(2)));
        Assert.Equal(KeyRingFault.None, ring.TryUse(TestSeal.Bytes(2)));
        Assert.Equal(KeyRingFault.InUse, ring.TryRemove(TestSeal.Bytes(2)));
        Assert.Equal(WireFault.None, ring.TryOpen(sealedOld, [], out _));
        Assert.Equal(KeyRingFault.None, ring.TryRemove(TestSeal.Bytes(1)));
        Assert.Equal(KeyRingFault.None, ring.TryRemove(TestSeal.Bytes(1)));
        Assert.Equal(WireFault.Undecryptable, ring.TryOpen(sealedOld, [], out _)); // gossip under an old key
        Assert.Equal(KeyRingFault.BadLength, ring.TryInstall(new byte[5]));
        for (byte key = 3; ring.All.Count < KeyRing.MaxKeys; key++)
        {
            ring.TryInstall(TestSeal.Bytes(key));
        }

        Assert.Equal(KeyRingFault.Full, ring.TryInstall(TestSeal.Bytes(99)));
    }

    private GossipRingRecord? See(GossipRingRecord ring) => Tell(new RotationInput.RingSeen(ring));

    private GossipRingRecord? Begin(byte key) => Tell(new RotationInput.Begin(TestSeal.Bytes(key)));

    private GossipRingRecord? Members(params (NodeId Node, uint? Epoch)[] members) => Tell(
        new RotationInput.Members(members.ToDictionary(member => member.Node, member => member.Epoch)));

    private GossipRingRecord? Tell(RotationInput input)
    {
        _driver.Handle(input, _now);
        return Taken();
    }

    private GossipRingRecord? Fire(TimeSpan later)
    {
        _now += later;
        _driver.HandleDeadline(_now);
        return Taken();
    }

    private GossipRingRecord? Taken() =>
        _driver.TryTakeEffect(out RotationEffect? effect) ? ((RotationEffect.Publish)effect).Ring : null;

    private static string Text(GossipRingRecord ring) =>
        $"{ring.Epoch} {ring.Phase} {string.Join(',', ring.Keys.Select(key => key.Span[0]))}";
}
