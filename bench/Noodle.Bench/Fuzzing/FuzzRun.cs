using System.Diagnostics;

namespace Noodle.Bench.Fuzzing;

/// <summary>What one target did with many inputs.</summary>
/// <param name="Inputs">How many.</param>
/// <param name="MostBytes">Most that one input allocated.</param>
/// <param name="Longest">Longest time for one input.</param>
/// <param name="Finding">What went wrong first; null when nothing did.</param>
/// <param name="Input">What it went wrong with.</param>
internal sealed record FuzzReport(long Inputs, long MostBytes, TimeSpan Longest, string? Finding, byte[]? Input);

/// <summary>Feeds a target until it fails or time or inputs are used up.</summary>
internal static class FuzzRun
{
    /// <summary>What one input may allocate, whatever it says.</summary>
    public const long MaxBytes = 256 << 20;

    /// <summary>What one input may take.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    /// <param name="beat">Called with each input before it is run: whoever watches for hangs learns
    /// that it goes on.</param>
    public static FuzzReport Run(
        FuzzTarget target, ulong seed, long maxInputs, TimeSpan maxTime, CancellationToken cancellation,
        Action<byte[]>? beat = null)
    {
        Mutator mutator = new(seed, target.Seeds);
        long start = Stopwatch.GetTimestamp();
        (long inputs, long mostBytes, TimeSpan longest) = (0, 0, TimeSpan.Zero);
        for (; inputs < maxInputs && Stopwatch.GetElapsedTime(start) < maxTime; inputs++)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] input = inputs < target.Seeds.Count ? [.. target.Seeds[(int)inputs]] : mutator.Next();
            beat?.Invoke(input);
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            string? finding = null;
            try
            {
                target.Run(input);
            }
            catch (Exception e)
            {
                finding = e.ToString();
            }

            TimeSpan took = Stopwatch.GetElapsedTime(began);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            mostBytes = Math.Max(mostBytes, bytes);
            longest = took > longest ? took : longest;
            finding ??= bytes > MaxBytes ? $"{bytes} bytes were allocated" : took > MaxTime ? $"it took {took}" : null;
            if (finding is not null)
            {
                return new FuzzReport(inputs + 1, mostBytes, longest, finding, input);
            }
        }

        return new FuzzReport(inputs, mostBytes, longest, null, null);
    }
}
