using System.Diagnostics;
using NoodleNet.Simulation.Discovery;

namespace Noodle.Bench.Discovery;

/// <summary>How fast, how surely and at what cost a simulated mesh hears of a newcomer and of a death.</summary>
/// <remarks>Exit codes: 0 done, 1 the views did not agree in time, 2 the options are not understood, 130 interrupted.
/// </remarks>
internal static class DiscoveryVerb
{
    public static Verb Verb { get; } = Verb.Own(
        "discovery", "join and death in a simulated mesh of up to 20,000 nodes", RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        DiscoveryOptions options = DiscoveryOptions.Parse(arguments, out string fault);
        if (fault.Length != 0)
        {
            await progress.WriteLineAsync(fault).ConfigureAwait(false);
            return 2;
        }

        long start = Stopwatch.GetTimestamp();
        var experiment = new DiscoveryExperiment(
            options.Nodes, options.Seed, options.Loss, options.Profile, options.StreamLoss);
        DiscoveryResult? result;
        try
        {
            result = experiment.Run(what =>
            {
                cancellation.ThrowIfCancellationRequested();
                progress.WriteLine($"{experiment.Now}: {what}");
            });
        }
        catch (OperationCanceledException)
        {
            await progress.WriteLineAsync("Interrupted; nothing was measured to its end.").ConfigureAwait(false);
            return 130;
        }

        if (result is null)
        {
            await progress.WriteLineAsync(
                $"The views did not agree within {DiscoveryExperiment.Limit.TotalMinutes} virtual minutes; " +
                "with so much loss this mesh does not hold together.").ConfigureAwait(false);
            return 1;
        }

        var report = DiscoveryReport.Of(
            result, options.StreamLoss ?? options.Loss, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        await output.WriteLineAsync(options.IsJson ? report.ToJson() : report.ToText()).ConfigureAwait(false);
        return 0;
    }
}
