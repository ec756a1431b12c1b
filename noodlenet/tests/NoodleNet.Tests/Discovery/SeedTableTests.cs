using System.Net;
using Noodle.Primitives;
using NoodleNet.Discovery;

namespace NoodleNet.Tests.Discovery;

public sealed class SeedTableTests
{
    private static readonly SeedName Host = new(SeedKind.Host, "nodes.example", 7946);
    private static readonly SeedName Service = new(SeedKind.Service, "_noodle._tcp.example", 0);
    private static readonly SeedName Literal = new(SeedKind.Address, "192.0.2.7", 1);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(5, 5)]
    [InlineData(86_400, 60)]
    public void An_answer_holds_as_long_as_its_records_say_within_bounds(int life, int seconds)
    {
        var table = new SeedTable([Host]);
        Assert.Equal([Host], table.TakeDue(At(0)));
        Assert.Empty(table.TakeDue(At(1)));
        table.SetFound(Host, [End(1)], TimeSpan.FromSeconds(life), At(1));
        Assert.Empty(table.TakeDue(At(1 + seconds) - TimeSpan.FromMilliseconds(1)));
        Assert.Equal([Host], table.TakeDue(At(1 + seconds)));
    }

    [Fact]
    public void Failures_are_news_once_and_tried_ever_more_seldom_and_old_addresses_stay()
    {
        var table = new SeedTable([Host]);
        table.SetFound(Host, [End(1), End(1), End(2)], TimeSpan.FromSeconds(5), At(0));
        var firsts = new List<bool>();
        var pauses = new List<int>();
        int second = 5;
        for (int i = 0; i < 7; i++)
        {
            firsts.Add(table.SetFailed(Host, At(second)));
            int due = Enumerable.Range(second, 100).First(later => table.TakeDue(At(later)).Count > 0);
            pauses.Add(due - second);
            second = due;
        }

        Assert.Equal([true, false, false, false, false, false, false], firsts);
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], pauses);
        Assert.Equal([End(1), End(2)], table.Addresses);
        Assert.True(table.SetFound(Host, [End(3)], TimeSpan.FromSeconds(5), At(second)));
        Assert.False(table.SetFound(Host, [End(3)], TimeSpan.FromSeconds(5), At(second)));
        Assert.Equal([End(3)], table.Addresses);
        Assert.True(table.SetFailed(Host, At(second)));
    }

    [Fact]
    public void Addresses_are_never_looked_up_and_all_have_a_bound()
    {
        var more = new SeedName(SeedKind.Host, "more.example", 1);
        var table = new SeedTable([Literal, Host, Service, more, more with { Port = 2 }, more with { Port = 3 }]);
        Assert.Equal(5, table.TakeDue(At(0)).Count);
        Assert.Equal([new IPEndPoint(IPAddress.Parse("192.0.2.7"), 1)], table.Addresses);
        int port = 1;
        foreach (SeedName name in new[] { Host, Service, more, more with { Port = 2 }, more with { Port = 3 } })
        {
            IPEndPoint[] many = [.. Enumerable.Range(0, 2000).Select(_ => End(port++))];
            table.SetFound(name, many, TimeSpan.FromSeconds(5), At(0));
        }

        Assert.Equal(SeedTable.MaxAddresses, table.Addresses.Count);
        Assert.Equal(SeedTable.MaxPerName, table.Addresses.Count(address => address.Port is >= 1 and <= 2000) - 1);
    }

    [Fact]
    public void A_name_is_written_as_a_person_writes_it() => Assert.Equal(
        ["nodes.example:7946", "srv:_noodle._tcp.example", "192.0.2.7:1", "[::1]:5"],
        new[] { Host, Service, Literal, new SeedName(SeedKind.Address, "::1", 5) }.Select(name => name.ToString()));

    private static IPEndPoint End(int port) => new(IPAddress.Loopback, port);

    private static Instant At(int second) => Instant.Origin + TimeSpan.FromSeconds(second);
}
