using Noodle.Primitives;
using NoodleNet.Mesh;
using NoodleNet.Talk;

namespace NoodleNet.Tests.Mesh;

public sealed class NodeLoadTableTests
{
    private static readonly NodeId s_a = NodeId.Create("a", new Guid(1, 0, 0, new byte[8]));
    private static readonly NodeId s_b = NodeId.Create("b", new Guid(2, 0, 0, new byte[8]));

    public static TheoryData<string, ulong, ulong, bool> Second => new()
    {   // what comes second            life  sequence  taken (after life 5, sequence 10)
        { "the next of the same life",    5,    11,     true },
        { "the same again",               5,    10,     false },
        { "an older one, overtaken",      5,     9,     false },
        { "the first of the next life",   6,     1,     true },
        { "a life whose clock went back", 4,     1,     true },
    };

    [Theory]
    [MemberData(nameof(Second))]
    public void Only_a_newer_status_of_the_same_life_or_one_of_another_life_is_taken(
        string what, ulong life, ulong sequence, bool taken)
    {
        Assert.NotEmpty(what);
        var table = new NodeLoadTable();
        Assert.True(table.TryUpdate(s_a, Status(5, 10, inFlight: 1), At(1)));
        Assert.Equal(taken, table.TryUpdate(s_a, Status(life, sequence, inFlight: 2), At(2)));
        Assert.True(table.TryGet(s_a, out NodeLoad? load));
        Assert.Equal((taken ? 2u : 1u, At(taken ? 2 : 1)), (load.InFlight, load.At));
        Assert.Equal(1, table.Count);
    }

    [Fact]
    public void What_an_answer_carries_corrects_the_load_until_the_next_status()
    {
        var table = new NodeLoadTable();
        table.TryUpdate(s_a, Status(1, 1, inFlight: 3), At(1));
        table.UpdateInFlight(s_a, 9, At(2));
        Assert.True(table.TryGet(s_a, out NodeLoad? load));
        Assert.Equal((9u, 3u, At(2)), (load.InFlight, load.Status.InFlight, load.At));
        Assert.True(table.TryUpdate(s_a, Status(1, 2, inFlight: 4), At(3)));
        Assert.True(table.TryGet(s_a, out load));
        Assert.Equal(4u, load.InFlight);
    }

    [Fact]
    public void An_answer_of_a_node_that_never_told_its_status_is_not_kept()
    {
        var table = new NodeLoadTable();
        table.UpdateInFlight(s_a, 9, At(1));
        Assert.False(table.TryGet(s_a, out _));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public void A_full_table_takes_news_of_known_nodes_and_no_new_ones_until_one_goes()
    {
        var table = new NodeLoadTable(capacity: 1);
        Assert.True(table.TryUpdate(s_a, Status(1, 1, 0), At(1)));
        Assert.False(table.TryUpdate(s_b, Status(1, 1, 0), At(1)));
        Assert.True(table.TryUpdate(s_a, Status(1, 2, 0), At(1)));
        Assert.True(table.Remove(s_a));
        Assert.False(table.Remove(s_a));
        Assert.True(table.TryUpdate(s_b, Status(1, 1, 0), At(1)));
        Assert.False(table.TryGet(s_a, out _));
    }

    [Fact]
    public void The_newest_sequence_wins_in_whatever_order_statuses_come() => Gen.ULong[1, 50].Array[1, 30].Sample(
        order =>
    {
        var table = new NodeLoadTable();
        foreach (ulong sequence in order)
        {
            table.TryUpdate(s_a, Status(1, sequence, (uint)sequence), At(1));
        }

        return table.TryGet(s_a, out NodeLoad? load) && load.InFlight == order.Max();
    });

    private static Instant At(int seconds) => Instant.Origin + TimeSpan.FromSeconds(seconds);

    private static NodeStatus Status(ulong life, ulong sequence, uint inFlight) =>
        new() { Incarnation = life, Sequence = sequence, InFlight = inFlight };
}
