using System.Globalization;
using Noodle.Cli.CommandLine;

namespace Noodle.Bench;

/// <summary>The command line: finds the verb, runs it, prints data alone on standard output.</summary>
/// <remarks>Exit codes: 0 done, 1 the benchmark failed, 2 the command is not understood, 130 interrupted.</remarks>
internal static class BenchCommand
{
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        IReadOnlyList<Verb> verbs,
        TextWriter output,
        TextWriter progress,
        CancellationToken cancellation)
    {
        if (arguments.Count > 0 && verbs.FirstOrDefault(verb => verb.Name == arguments[0])?.RunOwnAsync is { } runOwn)
        {
            return await runOwn([.. arguments.Skip(1)], output, progress, cancellation).ConfigureAwait(false);
        }

        if (!TryParse(arguments, verbs, out Verb? verb, out bool json, out BenchOptions options, out string fault))
        {
            await progress.WriteLineAsync(fault).ConfigureAwait(false);
            return 2;
        }

        try
        {
            IReadOnlyList<Series> series =
                await verb!.RunAsync(options, progress, cancellation).ConfigureAwait(false);
            BenchReport report = new(
                verb.Name, Machine.Describe(), series, [.. verb.Bars.Select(bar => bar.Judge(series))]);
            if (json)
            {
                report.WriteJson(output);
            }
            else
            {
                report.WriteText(output);
            }

            return 0;
        }
        catch (OperationCanceledException)
        {
            await progress.WriteLineAsync("Interrupted; nothing was measured to its end.").ConfigureAwait(false);
            return 130;
        }
        catch (Exception e) when (e is InvalidOperationException || Failure.TryDescribe(e, out _, out _))
        {
            await progress.WriteLineAsync($"{verb!.Name} failed: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    private static bool TryParse(
        IReadOnlyList<string> arguments,
        IReadOnlyList<Verb> verbs,
        out Verb? verb,
        out bool json,
        out BenchOptions options,
        out string fault)
    {
        (verb, json, fault) = (null, false, "");
        int? warmUp = null, samples = null;
        for (int i = 0; i < arguments.Count && fault == ""; i++)
        {
            string argument = arguments[i];
            switch (argument)
            {
                case "--json":
                    json = true;
                    break;
                case "--samples" or "--warm-up":
                    int least = argument == "--samples" ? 1 : 0;
                    if (i + 1 == arguments.Count || !int.TryParse(
                        arguments[++i], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ||
                        number < least || number > Measurement.MaxSamples)
                    {
                        fault = $"{argument} takes a number from {least} to {Measurement.MaxSamples}.";
                        break;
                    }

                    samples = least == 1 ? number : samples;
                    warmUp = least == 0 ? number : warmUp;
                    break;
                default:
                    verb = verb is null ? verbs.FirstOrDefault(candidate => candidate.Name == argument) : null;
                    fault = verb is null ? $"'{argument}' is not understood.\n{Usage(verbs)}" : "";
                    break;
            }
        }

        BenchOptions defaults = verb?.Defaults ?? default;
        options = new(warmUp ?? defaults.WarmUp, samples ?? defaults.Samples);
        fault = verb is null && fault == "" ? Usage(verbs) : fault;
        return fault == "";
    }

    private static string Usage(IReadOnlyList<Verb> verbs) =>
        "usage: Noodle.Bench VERB [--json] [--samples N] [--warm-up N]\n" +
        string.Join('\n', verbs.Select(verb => $"  {verb.Name,-16} {verb.Summary}"));
}
