using System.Collections.Immutable;
using System.Net;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace Noodle.Node.Tests.Mesh;

public sealed class MemberTagsTests
{
    private static readonly IPEndPoint s_address = new(IPAddress.Loopback, 7946);

    [Fact]
    public void What_a_node_tells_of_itself_is_read_back()
    {
        RegistryEntry member = Member(MemberTags.Write(new Uri("http://127.0.0.1:8000/"), "1.2.3"));
        Assert.Equal("http://127.0.0.1:8000", MemberTags.HttpOf(member));
        Assert.Equal("1.2.3", MemberTags.VersionOf(member));
        Assert.Equal(s_address, MemberTags.LinkAddressOf(member));
    }

    [Fact]
    public void A_member_that_is_no_noodle_node_has_no_link()
    {
        RegistryEntry stranger = Member(new Dictionary<string, string> { ["role"] = "consul" });
        Assert.Null(MemberTags.LinkAddressOf(stranger));
        Assert.Null(MemberTags.LinkAddressOf(Member([])));
        Assert.Equal(("", ""), (MemberTags.HttpOf(stranger), MemberTags.VersionOf(stranger)));
    }

    [Fact]
    public void The_longest_tags_a_node_writes_fit_into_gossip() => Assert.True(NodeTags.TryEncode(
        MemberTags.Write(new Uri("http://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535/"), new string('9', 64)),
            out _));

    private static RegistryEntry Member(Dictionary<string, string> tags) => new(
        NodeId.Create("host", Guid.NewGuid()), s_address, tags.ToImmutableSortedDictionary(StringComparer.Ordinal),
        NodeState.Alive, Instant.Origin, 1, "");
}
