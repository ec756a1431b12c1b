using NoodleNet.Discovery;
using NoodleNet.Simulation.Discovery;

namespace NoodleNet.Simulation.Tests;

public sealed class DiscoveryExperimentTests
{
    [Theory]
    [InlineData(2, 0.0)]
    [InlineData(100, 0.2)]
    public void A_newcomer_and_a_death_are_known_in_time_and_nobody_else_is_declared_dead(int nodes, double loss)
    {
        DiscoveryResult first = Run(nodes, loss)!;
        Assert.Equal(first, Run(nodes, loss));
        Assert.InRange(first.ConvergedMs, 1, 2_400);
        Assert.InRange(first.DetectP50Ms, 4_000, 15_000);
        Assert.InRange(first.DetectP99Ms, first.DetectP50Ms, 30_000);
        Assert.Equal(0, first.FalsePositives);
        Assert.InRange(first.BytesPerNodeSecond, 50, 10_000);
    }

    [Fact]
    public void Streams_lose_as_much_as_datagrams_unless_told_otherwise()
    {
        DiscoveryResult both = Run(50, 0.2)!;
        Assert.Equal(both, new DiscoveryExperiment(50, 4, 0.2, SwimOptions.Lan, streamLoss: 0.2).Run(_ => { }));
        Assert.NotEqual(both.TraceHash,
            new DiscoveryExperiment(50, 4, 0.2, SwimOptions.Lan, streamLoss: 0).Run(_ => { })!.TraceHash);
    }

    [Fact]
    public void Where_nothing_gets_through_there_is_no_result()
    {
        var told = new List<string>();
        var experiment = new DiscoveryExperiment(2, 1, 0.9, SwimOptions.Local, streamLoss: 0.9);
        DiscoveryResult? result = experiment.Run(told.Add);
        Assert.True(result is null || result.FalsePositives > 0);
        Assert.Contains("settling", told);
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(20_001, 0, 0)]
    [InlineData(2, -0.1, 0)]
    [InlineData(2, 0.91, 0)]
    [InlineData(2, 0, -0.1)]
    [InlineData(2, 0, 0.91)]
    public void Numbers_out_of_range_are_refused(int nodes, double loss, double streamLoss) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new DiscoveryExperiment(nodes, 1, loss, SwimOptions.Lan, streamLoss));

    private static DiscoveryResult? Run(int nodes, double loss) =>
        new DiscoveryExperiment(nodes, 4, loss, SwimOptions.Lan).Run(_ => { });
}
