using System.Diagnostics;
using System.Globalization;
using Noodle.Primitives;

namespace Noodle.Bench;

/// <summary>What is measured: one run of it.</summary>
internal sealed record Subject(string Name, Func<CancellationToken, ValueTask> RunAsync);

/// <summary>Measures subjects against each other in one process.</summary>
/// <remarks>
/// Meaning: rounds in which each subject runs once, in an order drawn anew (the same in every process), so that
/// whatever disturbs the machine disturbs all of them alike, and none always finds the caches as one other left them.
/// Every run is a sample; none is thrown away.
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
        Prng prng = new(1);
        int[] order = [.. Enumerable.Range(0, subjects.Count)];
        for (int round = -options.WarmUp; round < options.Samples; round++)
        {
            Report(progress, round, options);
            Shuffle(order, prng);
            foreach (int index in order)
            {
                cancellation.ThrowIfCancellationRequested();

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

    public static void Shuffle(int[] order, Prng prng)
    {
        for (int left = order.Length; left > 1; left--)
        {
            int drawn = prng.Next(left);
            (order[left - 1], order[drawn]) = (order[drawn], order[left - 1]);
        }
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
