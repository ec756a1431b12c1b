namespace Noodle.Primitives.Tests;

public sealed class NodeIdTests
{
    private static readonly Guid s_uuid = Guid.Parse("0123456789abcdef0123456789abcdef");

    public static TheoryData<string, string> Hosts => new()
    {   // host name               host part
        { "desk",                  "desk" },
        { "Desk-7",                "desk-7" },
        { "desk.office.example",   "desk" },
        { "my_desk!",              "my-desk" },
        { "--x--",                 "x" },
        { "",                      "node" },
        { "...",                   "node" },
        { "büro",                  "b-ro" },
        { new string('a', 80),     new string('a', 63) },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public void A_host_name_becomes_a_legal_host_part(string hostName, string expected)
    {
        NodeId id = NodeId.Create(hostName, s_uuid);

        Assert.Equal(expected, id.Host);
        Assert.Equal($"{expected}-0123456789abcdef0123456789abcdef", id.ToString());
        Assert.True(NodeId.TryParse(id.ToString(), out NodeId again));
        Assert.Equal(id, again);
        Assert.Equal($"{expected}-01234567", id.ShortName);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("desk")]
    [InlineData("-0123456789abcdef0123456789abcdef")]
    [InlineData("Desk-0123456789abcdef0123456789abcdef")]
    [InlineData("desk-0123456789ABCDEF0123456789abcdef")]
    [InlineData("desk-0123456789abcdef0123456789abcdeg")]
    [InlineData("desk_0123456789abcdef0123456789abcdef")]
    [InlineData("-x-0123456789abcdef0123456789abcdef")]
    public void Anything_else_is_refused(string? text) => Assert.False(NodeId.TryParse(text, out _));

    [Fact]
    public void Default_names_no_node()
    {
        Assert.True(default(NodeId).IsNone);
        Assert.Equal("none", default(NodeId).ToString());
        Assert.Equal("none", default(NodeId).ShortName);
        Assert.Equal("", default(NodeId).Host);
    }

    [Fact]
    public void Order_is_by_host_then_by_uuid()
    {
        NodeId a = NodeId.Create("a", s_uuid), b = NodeId.Create("b", Guid.Empty), b2 = NodeId.Create("b", s_uuid);

        Assert.True(a < b && b < b2 && b2 > a && a <= b && b2 >= b);
        Assert.Equal(0, b.CompareTo(b));
    }
}
