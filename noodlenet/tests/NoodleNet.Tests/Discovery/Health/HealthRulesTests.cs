using NoodleNet.Discovery.Health;
using NoodleNet.Talk;

namespace NoodleNet.Tests.Discovery.Health;

public sealed class HealthRulesTests
{
    private const long Gib = 1L << 30;

    public static TheoryData<long, long, HealthLevel, string> Room => new()
    {   // free         of          level               the sentence says
        { 50 * Gib,     100 * Gib,  HealthLevel.Ok,     "50 % of the data folder's disk is free (50 GiB of 100 GiB)." },
        { 10 * Gib,     100 * Gib,  HealthLevel.Ok,     "10 %" },
        { 10 * Gib - 1, 100 * Gib,  HealthLevel.Warn,   "9 % of the data folder's disk is free" },
        { 3 * Gib,      100 * Gib,  HealthLevel.Warn,   "free some" },
        { 3 * Gib - 1,  100 * Gib,  HealthLevel.Fail,   "2 %" },
        { 0,            100 * Gib,  HealthLevel.Fail,   "(0 MiB of 100 GiB)" },
        { -5,           Gib,        HealthLevel.Fail,   "0 %" },
        { 2 * Gib,      Gib,        HealthLevel.Ok,     "100 %" },
        { long.MaxValue, long.MaxValue, HealthLevel.Ok, "100 %" },
        { 0,            0,          HealthLevel.Ok,     "not known" },
    };

    public static TheoryData<int, int, HealthLevel, string> Peers => new()
    {
        { 0, 0, HealthLevel.Ok,   "No other node is in the mesh." },
        { 4, 4, HealthLevel.Ok,   "All 4 other nodes are connected." },
        { 3, 4, HealthLevel.Warn, "3 of 4 other nodes are connected, bob is not; see that its mesh port is open" },
        { 0, 4, HealthLevel.Fail, "0 of 4" },
    };

    public static TheoryData<double, double, int, HealthLevel, string> Clocks => new()
    {   // behind by s   within s   peers  level              the sentence says
        { 0.5,           0.001,     3,     HealthLevel.Ok,    "The clock agrees with those of 3 nodes within 1 s." },
        { -0.9,          0.001,     1,     HealthLevel.Ok,    "The clock agrees with the other node's within 1 s." },
        { 1.5,           0.6,       3,     HealthLevel.Ok,    "agrees" }, // the way of the answer may explain it
        { 1.5,           0.1,       3,     HealthLevel.Warn,  "1.5 s behind those of 3 nodes: set it, best by NTP." },
        { -59,           0.001,     1,     HealthLevel.Warn,  "59 s ahead of the other node's: set whichever" },
        { 61,            0.001,     2,     HealthLevel.Fail,  "1 min 1 s behind" },
        { -86_400,       0.001,     5,     HealthLevel.Fail,  "The clock is 1 d ahead of those of 5 nodes" },
    };

    [Theory]
    [MemberData(nameof(Room))]
    public void Room_on_the_disk_is_judged_by_its_share(long free, long total, HealthLevel level, string says)
    {
        HealthCheck check = HealthRules.Disk(free, total, HealthThresholds.Default);
        Assert.Equal((HealthNames.Disk, level), (check.Name, check.Level));
        Assert.Contains(says, check.Detail, StringComparison.Ordinal);
        HealthCheck memory = HealthRules.Memory(free, total, HealthThresholds.Default);
        Assert.Equal((HealthNames.Memory, level), (memory.Name, memory.Level));
    }

    [Theory]
    [MemberData(nameof(Peers))]
    public void A_node_that_reaches_few_warns_and_one_that_reaches_none_fails(
        int reachable, int expected, HealthLevel level, string says)
    {
        HealthCheck check = HealthRules.Mesh(reachable, expected, "bob");
        Assert.Equal((HealthNames.Mesh, level), (check.Name, check.Level));
        Assert.Contains(says, check.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Clocks))]
    public void A_clock_is_judged_by_what_its_measurement_cannot_explain(
        double behind, double within, int peers, HealthLevel level, string says)
    {
        var skew = new ClockSkew(TimeSpan.FromSeconds(behind), TimeSpan.FromSeconds(within), peers);
        HealthCheck check = HealthRules.Clock(skew, HealthThresholds.Default);
        Assert.Equal((HealthNames.Clock, level), (check.Name, check.Level));
        Assert.Contains(says, check.Detail, StringComparison.Ordinal);
        Assert.Equal(HealthLevel.Ok, HealthRules.Clock(null, HealthThresholds.Default).Level);
    }

    [Fact]
    public void An_engine_that_does_not_load_fails_and_a_model_that_does_not_warns()
    {
        Assert.Equal(new HealthCheck("backends", HealthLevel.Ok, "a, b loaded."), Backends([], 0));
        Assert.Equal(
            new HealthCheck("backends", HealthLevel.Warn, "2 of the models wanted here did not load: it is damaged."),
            Backends([], 2));
        Assert.Equal(new HealthCheck("backends", HealthLevel.Warn, "a is broken."), Backends(["a is broken."], 0));
        Assert.Equal(HealthLevel.Fail, Backends(["a is broken", "b too"], 0).Level);
        Assert.Equal(HealthLevel.Fail, HealthRules.Worst([Backends([], 0), Backends(["a", "b"], 0)]));
        Assert.Equal(HealthLevel.Ok, HealthRules.Worst([]));
    }

    [Theory]
    [InlineData(0.02, "20 ms")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(120, "2 min")]
    [InlineData(125, "2 min 5 s")]
    [InlineData(59.96, "1 min")]
    [InlineData(86_399.99, "1 d")]
    [InlineData(7_200, "2 h")]
    [InlineData(7_320, "2 h 2 min")]
    [InlineData(172_800, "2 d")]
    [InlineData(176_400, "2 d 1 h")]
    public void Lengths_are_written_for_people(double seconds, string text) =>
        Assert.Equal(text, HealthRules.Length(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Findings_travel_in_a_status_and_what_a_peer_makes_up_is_cut()
    {
        HealthCheck[] checks = [new("disk", HealthLevel.Fail, "full"), new("x", HealthLevel.Ok, "well")];
        var status = new NodeStatus();
        status.Health.Add(HealthMessages.Write(checks));
        Assert.Equal(checks, HealthMessages.Read(status));

        var hostile = new NodeStatus();
        for (int i = 0; i < 1000; i++)
        {
            hostile.Health.Add(new HealthReport
            {
                Name = new string('n', 500), State = (HealthState)77,
                Detail = new string('d', 255) + "\U0001F600" + "x",
            });
        }

        IReadOnlyList<HealthCheck> read = HealthMessages.Read(hostile);
        Assert.Equal(HealthMessages.MaxChecks, read.Count);
        Assert.All(read, check => Assert.Equal(
            (HealthMessages.MaxNameLength, HealthLevel.Warn, 255),
            (check.Name.Length, check.Level, check.Detail.Length)));
    }

    private static HealthCheck Backends(string[] faults, int failed) =>
        HealthRules.Backends(["a", "b"], faults, failed, "it is damaged.");
}
