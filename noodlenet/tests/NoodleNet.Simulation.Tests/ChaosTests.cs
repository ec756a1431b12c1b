using NoodleNet.Simulation.State;
using NoodleNet.Simulation.Swim;

namespace NoodleNet.Simulation.Tests;

public sealed class ChaosTests
{
    private const int MeshSeeds = 200, ReplicaSeeds = 100;

    [Fact]
    public void Meshes_under_random_faults_break_no_rule_agree_in_the_end_and_run_twice_the_same()
    {
        var broken = new List<string>();
        int failures = 0, refutations = 0;
        for (ulong seed = 1; seed <= MeshSeeds; seed++)
        {
            ChaosReport first = new SwimChaos(seed).Run(), second = new SwimChaos(seed).Run();
            Assert.True(first.TraceHash == second.TraceHash, $"seed {seed} ran in two ways");
            failures += first.Failures;
            refutations += first.Refutations;
            if (!first.IsSound)
            {
                broken.Add(first.ToString());
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
        Assert.True(failures > MeshSeeds && refutations > MeshSeeds, "faults without effect test nothing");
    }

    [Fact]
    public void Replicas_under_random_faults_end_up_equal_and_lose_no_write_that_a_disk_kept()
    {
        var broken = new List<string>();
        for (ulong seed = 1; seed <= ReplicaSeeds; seed++)
        {
            ReplicaReport first = new ReplicaChaos(seed).Run(), second = new ReplicaChaos(seed).Run();
            Assert.True(first.TraceHash == second.TraceHash, $"seed {seed} ran in two ways");
            if (!first.IsSound)
            {
                broken.Add(first.ToString());
            }
        }

        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    // Frozen: another process on another machine must run the same. Whoever changes what a mesh says changes these.
    [Theory]
    [InlineData(7, "9e57d61cc21bb791")]
    [InlineData(31, "ddb57ef64711d6a9")]
    public void The_same_seed_is_the_same_run_in_every_process(ulong seed, string traceHash) =>
        Assert.Equal(traceHash, new SwimChaos(seed).Run().TraceHash);

    [Fact]
    public void A_report_says_what_broke_and_how_to_see_it_again()
    {
        var report = new ChaosReport(5, 6, "abc", null, 10, 0, 0, [new Violation(default, "n1", "it broke")]);
        Assert.False(report.IsSound);
        Assert.Contains("new SwimChaos(5).Run()", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("at 0 ms, n1: it broke", report.ToString(), StringComparison.Ordinal);
        Assert.Contains("sound", (report with { Violations = [], Healed = default(TimeSpan) }).ToString(),
            StringComparison.Ordinal);
        var replicas = new ReplicaReport(9, "abc", null, 1, 1, [new Violation(default, "h1", "it broke")]);
        Assert.Contains("not equal in the end; to replay: new ReplicaChaos(9).Run()", replicas.ToString(),
            StringComparison.Ordinal);
    }
}
