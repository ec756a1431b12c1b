using System.Globalization;
using System.Text.Json;

namespace Noodle.Bench.Fuzzing;

/// <summary><c>fuzz --target NAME [--minutes N] [--seed N]</c></summary>
/// <remarks>Exit codes: 0 nothing was found, 1 something was, 2 the command is not understood.</remarks>
internal static class FuzzVerb
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);

    public static Verb Verb { get; } = Verb.Own(
        "fuzz", "mutated inputs for one reader: crashes, hangs, memory (--target NAME --minutes N --seed N)", RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        if (!TryParse(arguments, out FuzzTarget? target, out double minutes, out ulong seed))
        {
            await progress.WriteLineAsync("usage: fuzz --target " +
                string.Join('|', FuzzTargets.All.Select(each => each.Name)) + " [--minutes N] [--seed N]");
            return 2;
        }

        (byte[] Input, long At) last = ([], Environment.TickCount64);
        Task<FuzzReport> run = Task.Run(
            () => FuzzRun.Run(target!, seed, long.MaxValue, TimeSpan.FromMinutes(minutes), cancellation,
                input => last = (input, Environment.TickCount64)), CancellationToken.None);
        while (!run.IsCompleted)
        {
            await Task.WhenAny(run, Task.Delay(1000, CancellationToken.None));
            if (!run.IsCompleted && Environment.TickCount64 - last.At > s_silence.TotalMilliseconds)
            {
                FuzzReport hang = new(0, 0, s_silence, "it hangs", last.Input);
                return Print(target!, seed, hang, output);
            }
        }

        return Print(target!, seed, await run, output);
    }

    private static int Print(FuzzTarget target, ulong seed, FuzzReport report, TextWriter output)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("target", target.Name);
            json.WriteNumber("seed", seed);
            json.WriteNumber("inputs", report.Inputs);
            json.WriteNumber("mostBytes", report.MostBytes);
            json.WriteNumber("longestMs", Math.Round(report.Longest.TotalMilliseconds, 1));
            json.WriteString("finding", report.Finding);
            if (report.Input is { } input)
            {
                json.WriteBase64String("input", input);
            }

            json.WriteEndObject();
        }

        output.WriteLine(System.Text.Encoding.UTF8.GetString(text.ToArray()));
        return report.Finding is null ? 0 : 1;
    }

    private static bool TryParse(
        IReadOnlyList<string> arguments, out FuzzTarget? target, out double minutes, out ulong seed)
    {
        (target, minutes, seed) = (null, 1, 1);
        bool good = arguments.Count % 2 == 0;
        for (int i = 0; good && i < arguments.Count; i += 2)
        {
            string value = arguments[i + 1];
            switch (arguments[i])
            {
                case "--target":
                    target = FuzzTargets.All.FirstOrDefault(each => each.Name == value);
                    break;
                case "--minutes":
                    good = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out minutes) &&
                        minutes is > 0 and <= 1440;
                    break;
                case "--seed":
                    good = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
                    break;
                default:
                    good = false;
                    break;
            }
        }

        return good && target is not null;
    }
}
