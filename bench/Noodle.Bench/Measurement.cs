using System.Diagnostics;
using System.Globalization;

namespace Noodle.Bench;

/// <summary>What is measured: one run of it.</summary>
internal sealed record Subject(string Name, Func<CancellationToken, ValueTask> RunAsync);

/// <summary>Measures subjects against each other in one process.</summary>
/// <remarks>
/// Meaning: rounds in which each subject runs once, each round beginning with another one, so that whatever disturbs
/// the machine disturbs all of them alike. Every run is a sample; none is thrown away.
/// </remarks>
internal static class Measurement
{
    /// <summary>Most samples of one subject.</summary>
    public const int MaxSamples = 1_000_000;

    public static async Task<IReadOnlyList<Series>> RunAsync(
        IReadOnlyList<Subject> subjects, BenchOptions options, TextWriter progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.WarmUp);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Samples, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Samples, MaxSamples);
        long[][] ticks = [.. subjects.Select(_ => new long[options.Samples])];
        long[] allocated = new long[subjects.Count];
        for (int round = -options.WarmUp; round < options.Samples; round++)
        {
            Report(progress, round, options);
            for (int turn = 0; turn < subjects.Count; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                int index = (turn + round + options.WarmUp) % subjects.Count;

                // All threads count, because a run may answer on another one than it began on.
                long before = GC.GetTotalAllocatedBytes(precise: true);
                long start = Stopwatch.GetTimestamp();
                await subjects[index].RunAsync(cancellation).ConfigureAwait(false);
                long end = Stopwatch.GetTimestamp();
                if (round >= 0)
                {
                    ticks[index][round] = end - start;
                    allocated[index] += GC.GetTotalAllocatedBytes(precise: true) - before;
                }
            }
        }

        return [.. subjects.Select((subject, i) => new Series(
            subject.Name, [.. ticks[i].Select(ToMicroseconds)], allocated[i] / options.Samples))];
    }

    private static double ToMicroseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;

    private static void Report(TextWriter progress, int round, BenchOptions options)
    {
        int done = round + options.WarmUp, all = options.WarmUp + options.Samples;
        if (done == 0)
        {
            progress.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{options.WarmUp} rounds of warm-up, {options.Samples} measured"));
        }
        else if (done % Math.Max(1, all / 10) == 0)
        {
            progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{done * 100L / all} %"));
        }
    }
}
