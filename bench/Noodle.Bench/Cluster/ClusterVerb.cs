using Noodle.Cli.CommandLine;
using Noodle.Primitives;

namespace Noodle.Bench.Cluster;

/// <summary>How fast real node processes find each other, notice a killed one, and tell it from a frozen one.</summary>
internal static class ClusterVerb
{
    private const int FreezesAMinute = 2;
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(10); // what a start leaves behind is no rest
    private static readonly TimeSpan s_freeze = TimeSpan.FromSeconds(3);

    public static Verb Verb { get; } = Verb.Own(
        "cluster", "node processes: all see all, kill -9 to failed, freezes and cost",
        RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        if (!ClusterOptions.TryRead(arguments, out ClusterOptions? options, out string fault))
        {
            await progress.WriteLineAsync(fault).ConfigureAwait(false);
            return 2;
        }

        try
        {
            ClusterReport report = await MeasureAsync(options, progress, cancellation).ConfigureAwait(false);
            report.Write(output, options.Json);
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
        catch (Exception e) when (e is InvalidOperationException || Failure.TryDescribe(e, out _, out _))
        {
            await progress.WriteLineAsync($"cluster failed: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static async Task<ClusterReport> MeasureAsync(
        ClusterOptions options, TextWriter progress, CancellationToken cancellation)
    {
        List<double> seen = [], failed = [], agreed = [], starts = [];
        IdleCost? idle = null;
        int freezes = 0, wrong = 0;
        var chance = new Prng(1);
        for (int run = 1; run <= options.Runs; run++)
        {
            await using var cluster = new ClusterUnderTest(options.Command);
            long ready = await cluster.StartAsync(options.Nodes, cancellation).ConfigureAwait(false);
            starts.AddRange(cluster.StartCpuMs);
            seen.Add(await cluster.UntilAllSeeAllAsync(ready, cancellation).ConfigureAwait(false));
            await progress.WriteLineAsync($"run {run}: all see all after {seen[^1]:0} ms").ConfigureAwait(false);
            if (run == options.Runs)
            {
                idle = await IdleAsync(cluster, options, progress, cancellation).ConfigureAwait(false);
                (freezes, wrong) = await FreezeAsync(cluster, options, chance, progress, cancellation)
                    .ConfigureAwait(false);
            }

            if (cluster.Count == 1)
            {
                continue; // nobody is left to notice
            }

            (IReadOnlyList<double> views, IReadOnlyList<double> gossip) = await cluster
                .KillAsync(chance.Next(cluster.Count), cancellation).ConfigureAwait(false);
            failed.AddRange(views);
            agreed.AddRange(gossip);
            await progress.WriteLineAsync(
                $"run {run}: failed after {views.Min():0} to {views.Max():0} ms, by gossip {gossip.Min():0} to " +
                $"{gossip.Max():0} ms").ConfigureAwait(false);
        }

        return new ClusterReport(options.Nodes, options.Runs, Machine.Describe(), Times.From(seen), Times.From(failed),
            Times.From(agreed), Times.From(starts), idle, freezes, wrong);
    }

    private static async Task<IdleCost?> IdleAsync(
        ClusterUnderTest cluster, ClusterOptions options, TextWriter progress, CancellationToken cancellation)
    {
        if (options.IdleSeconds == 0)
        {
            return null;
        }

        await Task.Delay(s_settle, cancellation).ConfigureAwait(false);
        await progress.WriteLineAsync($"{options.IdleSeconds} s at rest").ConfigureAwait(false);
        return await cluster.IdleAsync(TimeSpan.FromSeconds(options.IdleSeconds), cancellation).ConfigureAwait(false);
    }

    private static async Task<(int Freezes, int Wrong)> FreezeAsync(
        ClusterUnderTest cluster, ClusterOptions options, Prng chance, TextWriter progress,
        CancellationToken cancellation)
    {
        (int freezes, int wrong) = (0, 0);
        TimeSpan after = (TimeSpan.FromMinutes(1) / FreezesAMinute) - s_freeze;
        while (freezes < options.FreezeMinutes * FreezesAMinute)
        {
            IReadOnlyList<FalseFailure> found = await cluster
                .FreezeAsync(chance.Next(cluster.Count), s_freeze, after, cancellation).ConfigureAwait(false);
            wrong += found.Count;
            freezes++;
            foreach (FalseFailure one in found)
            {
                await progress.WriteLineAsync(one.ToString()).ConfigureAwait(false);
            }

            await progress.WriteLineAsync($"freeze {freezes}: {wrong} false positives so far").ConfigureAwait(false);
        }

        return (freezes, wrong);
    }
}
