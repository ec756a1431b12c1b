using Noodle.Node.Options;
using NoodleNet.Discovery;

namespace Noodle.Node.Tests.Options;

public sealed class MeshAddressTests
{
    [Theory]
    [InlineData("1.2.3.4:5", "1.2.3.4", 5)]
    [InlineData("1.2.3.4", "1.2.3.4", 7946)]
    [InlineData("node-1.lab", "node-1.lab", 7946)]
    [InlineData("localhost:65535", "localhost", 65535)]
    [InlineData("::1", "::1", 7946)]
    [InlineData("[::1]", "::1", 7946)]
    [InlineData("[fe80::1]:80", "fe80::1", 80)]
    public void An_address_is_split_into_host_and_port(string text, string host, int port)
    {
        Assert.True(MeshAddress.TryParse(text, out string foundHost, out int foundPort));
        Assert.Equal((host, port), (foundHost, foundPort));
    }

    [Fact]
    public void A_link_local_address_is_good_only_with_the_interface_that_leads_there()
    {
        Assert.Equal(
            "fe80::1 is a link-local address, which every interface has: name the one that leads there, as in "
            + "[fe80::1%eth0]:7946",
            MeshAddress.FindFault("[fe80::1]:7946"));
        Assert.NotNull(MeshAddress.FindFault("fe80::1"));
        Assert.Null(MeshAddress.FindFault("[fe80::1%1]:7946"));
        Assert.Null(MeshAddress.FindFault("[fd00::1]:7946"));
        Assert.Null(MeshAddress.FindFault("node-1.lab"));
        Assert.True(MeshAddress.TryParseSeed("[fe80::1%1]:80", out SeedName? seed));
        var table = new SeedTable([seed]);
        Assert.Equal(1, Assert.Single(table.Addresses).Address.ScopeId);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":80")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:1x")]
    [InlineData("a:b:c")]
    [InlineData("[1.2.3.4]:80")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("[::1]x")]
    [InlineData("two words")]
    [InlineData("http://host")]
    public void What_is_no_address_is_refused(string text) => Assert.False(MeshAddress.TryParse(text, out _, out _));

    [Fact]
    public void A_name_longer_than_names_may_be_is_refused() =>
        Assert.False(MeshAddress.TryParse(new string('a', 254) + ":1", out _, out _));

    [Fact]
    public void No_text_at_all_makes_it_throw() =>
        Gen.String.Sample(text => MeshAddress.TryParse(text, out _, out int port) is false || port is > 0 and < 65536);

    [Theory]
    [InlineData("1.2.3.4:5", "1.2.3.4:5", SeedKind.Address)]
    [InlineData("::1", "[::1]:7946", SeedKind.Address)]
    [InlineData("node-1.lab", "node-1.lab:7946", SeedKind.Host)]
    [InlineData("srv:_noodle._tcp.example.org", "srv:_noodle._tcp.example.org", SeedKind.Service)]
    [InlineData("SRV:nodes.example.", "srv:nodes.example.", SeedKind.Service)]
    public void A_seed_is_an_address_a_host_or_a_service(string text, string shown, SeedKind kind)
    {
        Assert.True(MeshAddress.TryParseSeed(text, out SeedName? seed));
        Assert.Equal((shown, kind), (seed.ToString(), seed.Kind));
    }

    [Theory]
    [InlineData("srv:")]
    [InlineData("srv:.")]
    [InlineData("srv:a..b")]
    [InlineData("srv:a b")]
    [InlineData("srv:_noodle._tcp.example:5")]
    [InlineData("two words")]
    public void What_is_no_seed_is_refused(string text) => Assert.False(MeshAddress.TryParseSeed(text, out _));

    [Fact]
    public void A_service_whose_name_DNS_cannot_carry_is_refused() =>
        Assert.False(MeshAddress.TryParseSeed("srv:" + new string('a', 64), out _));
}
