using System.Diagnostics;
using Noodle.Primitives;

namespace Noodle.Bench.Link;

/// <summary>How much of each kind is measured.</summary>
/// <param name="MessageBytes">Bytes there and bytes back in one round trip.</param>
/// <param name="TensorBytes">Bytes of one tensor, at least <see cref="LinkPayload.TailBytes"/>.</param>
/// <param name="WarmUp">
/// How long round trips warm up: the runtime takes seconds to optimise what runs often, and until then code that came
/// with .NET, which is optimised already, looks twice as fast as any other.
/// </param>
/// <param name="Blocks">Blocks of round trips of each subject, at least 1.</param>
/// <param name="BlockCalls">Round trips in a block, at least 1.</param>
/// <param name="Tensors">Tensors of each subject, at least 1, after four that warm up.</param>
/// <param name="Bursts">Bursts of each subject, at least 1, after four that warm up.</param>
/// <param name="BurstCalls">Requests of one burst, all made at once.</param>
internal sealed record LinkSizes(
    int MessageBytes,
    int TensorBytes,
    TimeSpan WarmUp,
    int Blocks,
    int BlockCalls,
    int Tensors,
    int Bursts,
    int BurstCalls);

/// <summary>Measures subjects against each other, in turns drawn anew for each round.</summary>
internal static class LinkMeasurement
{
    private const int WarmUps = 4;

    /// <summary>Round trips one after the other, in blocks: the threads are as warm as under steady load.</summary>
    /// <remarks>
    /// The bytes are the median of the blocks: what others in the process allocate now and then is not the subject's.
    /// </remarks>
    public static async Task<IReadOnlyList<Series>> RoundTripsAsync(
        IReadOnlyList<ILinkSubject> subjects, LinkSizes sizes, CancellationToken cancellation)
    {
        double[][] latencies = [.. subjects.Select(_ => new double[sizes.Blocks * sizes.BlockCalls])];
        double[][] allocated = [.. subjects.Select(_ => new double[sizes.Blocks])];
        async Task RunAsync(int index, int round)
        {
            int block = int.Max(round, 0); // what warms up is overwritten
            Memory<double> into = latencies[index].AsMemory(block * sizes.BlockCalls, sizes.BlockCalls);
            allocated[index][block] =
                await RunBlockAsync(subjects[index], into, cancellation).ConfigureAwait(false);
        }

        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < sizes.WarmUp;)
        {
            await TakeTurnsAsync(subjects.Count, WarmUps, 0, RunAsync).ConfigureAwait(false);
        }

        await TakeTurnsAsync(subjects.Count, WarmUps, sizes.Blocks, RunAsync).ConfigureAwait(false);
        return [.. subjects.Select((subject, i) => new Series(
            subject.Name, latencies[i], (long)new Series("", allocated[i], 0).P50Us))];
    }

    /// <summary>Tensors one after the other.</summary>
    public static async Task<IReadOnlyList<Series>> TensorsAsync(
        IReadOnlyList<ILinkSubject> subjects, LinkSizes sizes, CancellationToken cancellation)
    {
        double[][] latencies = [.. subjects.Select(_ => new double[sizes.Tensors])];
        double[][] allocated = [.. subjects.Select(_ => new double[sizes.Tensors])];
        await TakeTurnsAsync(subjects.Count, WarmUps, sizes.Tensors, async (index, round) =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            long start = Stopwatch.GetTimestamp();
            await subjects[index].SendTensorAsync(cancellation).ConfigureAwait(false);
            latencies[index][int.Max(round, 0)] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            allocated[index][int.Max(round, 0)] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }).ConfigureAwait(false);
        return [.. subjects.Select((subject, i) => new Series(
            subject.Name, latencies[i], (long)new Series("", allocated[i], 0).P50Us))];
    }

    /// <summary>Many requests at once on one connection; each is timed from when it was made.</summary>
    public static async Task<IReadOnlyList<Series>> BurstsAsync(
        IReadOnlyList<ILinkSubject> subjects, LinkSizes sizes, CancellationToken cancellation)
    {
        double[][] latencies = [.. subjects.Select(_ => new double[sizes.Bursts * sizes.BurstCalls])];
        await TakeTurnsAsync(subjects.Count, WarmUps, sizes.Bursts, async (index, round) =>
        {
            int start = int.Max(round, 0) * sizes.BurstCalls;
            Task[] calls = new Task[sizes.BurstCalls];
            for (int call = 0; call < calls.Length; call++)
            {
                calls[call] = TimeAsync(subjects[index], latencies[index].AsMemory(start + call, 1), cancellation);
            }

            await Task.WhenAll(calls).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return [.. subjects.Select((subject, i) => new Series(subject.Name, latencies[i], 0))];
    }

    private static async Task TimeAsync(ILinkSubject subject, Memory<double> latency, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        await subject.RoundTripAsync(cancellation).ConfigureAwait(false);
        latency.Span[0] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    /// <returns>Bytes allocated for each round trip, in the whole process: server and client alike.</returns>
    private static async ValueTask<double> RunBlockAsync(
        ILinkSubject subject, Memory<double> latencies, CancellationToken cancellation)
    {
        await subject.RoundTripAsync(cancellation).ConfigureAwait(false); // this method's own state is allocated by now
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int call = 0; call < latencies.Length; call++)
        {
            long start = Stopwatch.GetTimestamp();
            await subject.RoundTripAsync(cancellation).ConfigureAwait(false);
            latencies.Span[call] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)latencies.Length;
    }

    /// <summary>Rounds in which each subject runs once; those below zero warm up.</summary>
    private static async Task TakeTurnsAsync(int subjects, int warmUps, int rounds, Func<int, int, Task> runAsync)
    {
        GC.Collect();
        Prng prng = new(1);
        int[] order = [.. Enumerable.Range(0, subjects)];
        for (int round = -warmUps; round < rounds; round++)
        {
            Measurement.Shuffle(order, prng);
            foreach (int index in order)
            {
                await runAsync(index, round).ConfigureAwait(false);
            }
        }
    }
}
