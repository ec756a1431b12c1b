using System.Collections.Immutable;
using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Discovery;

namespace NoodleNet.Runtime.Tests.Discovery;

public sealed class AddressTests
{
    private readonly OtherAddresses _others = new(3);

    [Fact]
    public void The_other_address_of_a_member_is_known_while_it_tells_it()
    {
        Tell("a", "10.0.0.1:7", "fd00::1");
        Assert.Equal(End("[fd00::1]:7"), _others.OtherOf(End("10.0.0.1:7")));
        Assert.Equal(End("10.0.0.1:7"), _others.FirstOf(End("[fd00::1]:7")));
        Assert.Equal(End("[fd00::1]:8"), _others.FirstOf(End("[fd00::1]:8")));

        Tell("a", "10.0.0.1:7", "fd00::2");
        Assert.Equal(End("[fd00::2]:7"), _others.OtherOf(End("10.0.0.1:7")));
        Assert.Equal(End("[fd00::1]:7"), _others.FirstOf(End("[fd00::1]:7")));

        Tell("a", "10.0.0.9:7", "fd00::2"); // it moved
        Assert.Null(_others.OtherOf(End("10.0.0.1:7")));
        Assert.Equal(End("10.0.0.9:7"), _others.FirstOf(End("[fd00::2]:7")));

        Tell("a", "10.0.0.9:7", null);
        Assert.Null(_others.OtherOf(End("10.0.0.9:7")));
        Tell("a", "10.0.0.9:7", "fd00::2");
        Tell("a", "10.0.0.9:7", "fd00::2", isGone: true);
        Assert.Null(_others.OtherOf(End("10.0.0.9:7")));
        Assert.Equal(End("[fd00::2]:7"), _others.FirstOf(End("[fd00::2]:7")));
    }

    [Theory]
    [InlineData("10.0.0.2")] // the same family
    [InlineData("::1")] // loopback of the one who reads it
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.0.0.2")]
    [InlineData("fd00::1 x")]
    [InlineData("")]
    public void What_is_no_address_of_one_node_is_not_believed(string told)
    {
        Tell("a", "10.0.0.1:7", told);
        Assert.Null(_others.OtherOf(End("10.0.0.1:7")));
    }

    [Fact]
    public void Nobody_takes_over_an_address_that_another_is_known_by_or_told_first()
    {
        Tell("a", "[fd00::1]:7", null);
        Tell("b", "10.0.0.2:7", "fd00::1");
        Assert.Equal(End("[fd00::1]:7"), _others.FirstOf(End("[fd00::1]:7")));
        Tell("b", "10.0.0.2:7", "fd00::2");
        Tell("c", "10.0.0.3:7", "fd00::2");
        Assert.Equal(End("10.0.0.2:7"), _others.FirstOf(End("[fd00::2]:7")));

        Tell("c", "[fd00::2]:7", null); // and who is known by it has more right than who told it
        Assert.Equal(End("[fd00::2]:7"), _others.FirstOf(End("[fd00::2]:7")));
        Assert.Null(_others.OtherOf(End("10.0.0.2:7")));
    }

    [Fact]
    public void No_more_members_are_kept_than_the_bound()
    {
        for (int i = 1; i <= 4; i++)
        {
            Tell($"n{i}", $"10.0.0.{i}:7", $"fd00::{i}");
        }

        Assert.NotNull(_others.OtherOf(End("10.0.0.3:7")));
        Assert.Null(_others.OtherOf(End("10.0.0.4:7")));
        Tell("n1", "10.0.0.1:7", null, isGone: true);
        Tell("n4", "10.0.0.4:7", "fd00::4");
        Assert.NotNull(_others.OtherOf(End("10.0.0.4:7")));
    }

    [Fact]
    public void Addresses_that_the_system_gives_up_again_are_told_apart()
    {
        string[] lines =
        [
            "fd000000000000000000000000000001 02 40 00 80     eth0", // for ever
            "fd000000000000000000000000000002 02 40 00 01     eth0", // temporary
            "fd000000000000000000000000000003 02 40 00 20     eth0", // deprecated
            "fd000000000000000000000000000004 02 40 00 40     eth0", // not yet sure to be its own
            "fd00", "zz000000000000000000000000000004 02 40 00 40     eth0", "",
        ];
        Assert.Equal(
            ["fd00::2", "fd00::3", "fd00::4"],
            LocalAddresses.ReadPassing(lines).Select(address => address.ToString()));
        Assert.Equal(IPAddress.Loopback, LocalAddresses.ToTell(IPAddress.Loopback));
    }

    private void Tell(string name, string first, string? other, bool isGone = false)
    {
        ImmutableSortedDictionary<string, string> tags = ImmutableSortedDictionary<string, string>.Empty;
        tags = other is null ? tags : tags.Add(OtherAddresses.Tag, other);
        NodeId node = NodeId.Create(name, Guid.Parse("00000000-0000-0000-0000-000000000001"));
        _others.Note(new RegistryEntry(node, End(first), tags, NodeState.Alive, Instant.Origin, 1, ""), isGone);
    }

    private static IPEndPoint End(string text) => IPEndPoint.Parse(text);
}
