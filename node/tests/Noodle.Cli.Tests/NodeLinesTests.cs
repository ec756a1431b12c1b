using Noodle.Cli.Output;
using Noodle.Cli.Verbs;
using Noodle.Client.Control;

namespace Noodle.Cli.Tests;

public sealed class NodeLinesTests
{
    [Fact]
    public void A_revoked_admin_is_known_by_either_of_its_names()
    {
        const string admin = "lab-00000000000000000000000000000001";
        var trust = new TrustInfo
        {
            Mesh = "m", Fingerprint = "f", Node = admin, Role = "admin", CertificateEnds = default,
            HoldsAuthority = true, Admins = [admin],
        };
        Assert.True(RevokeVerb.IsAdmin(trust, admin));
        Assert.True(RevokeVerb.IsAdmin(trust, "lab-00000000"));
        Assert.False(RevokeVerb.IsAdmin(trust, "lab-00000002"));
    }

    public static TheoryData<string, string> Healths => new()
    {   // levels              shown
        { "",                  "" },
        { "ok ok",             "ok" },
        { "ok warn",           "warn: b" },
        { "fail warn ok",      "fail: a b" },
        { "ok later",          "warn: b" },
    };

    [Theory]
    [MemberData(nameof(Healths))]
    public void Health_is_the_worst_level_and_what_is_not_well(string levels, string shown)
    {
        NodeInfo node = Node("x", "alive") with
        {
            Health = [.. levels.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((level, i) =>
                new HealthInfo { Name = $"{(char)('a' + i)}", Level = level, Detail = "" })],
        };
        Assert.Equal(shown, NodeLines.Health(node));
        Assert.Equal("", NodeLines.Health(Node("x", "alive")));
    }

    [Fact]
    public void Who_asks_to_be_admitted_is_shown_with_the_command_that_admits_it()
    {
        NodeInfo asking = Node("x-1", NodeStates.NotAdmitted);
        Assert.Null(NodeLines.Hint(Node("x-1", "alive")));
        Assert.Equal("x-1 is not admitted: noodle admit x-1", NodeLines.Hint(asking));
        Assert.EndsWith("(its fingerprint: AB-CD)", NodeLines.Hint(asking with { Fingerprint = "AB-CD" }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_watch_tells_of_each_change_once()
    {
        var watch = new NodeWatch();
        Assert.Equal(["a alive", "b alive"], watch.Changes([Node("a", "alive"), Node("b", "alive")]));
        Assert.Empty(watch.Changes([Node("a", "alive") with { InFlight = 7 }, Node("b", "alive")]));
        Assert.Equal(["b failed"], watch.Changes([Node("a", "alive"), Node("b", "failed")]));
        Assert.Equal(["b no longer listed"], watch.Changes([Node("a", "alive")]));
        Assert.Equal(["b alive"], watch.Changes([Node("a", "alive"), Node("b", "alive")]));
    }

    [Fact]
    public void An_event_is_one_harmless_line()
    {
        var each = new EventInfo
        {
            Sequence = 1, At = DateTimeOffset.Now, Kind = "health", Node = "a", Detail = "disk\u001b[2J\nfail",
        };
        Assert.EndsWith(" health a disk?[2J?fail", NodeLines.Line(each), StringComparison.Ordinal);
        Assert.EndsWith(" health a", NodeLines.Line(each with { Detail = null }), StringComparison.Ordinal);
    }

    private static NodeInfo Node(string id, string state) => new()
    {
        Id = id, State = state, Self = false, StateForMs = 1, Link = "", Http = "", Version = "", InFlight = 0,
        Models = [],
    };
}
