using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Noodle.Bench.Models;

/// <summary><c>models [--only NAME] [--json]</c>: every real model, in our engine and in ONNX Runtime.</summary>
/// <remarks>Exit codes: 0 every model that is there is equal up to rounding, 1 one is not, 2 the command is not
/// understood.</remarks>
internal static class ModelsVerb
{
    public static Verb Verb { get; } = Verb.Own(
        "models", "real models: Noodle's own engine against ONNX Runtime (--only --file --profile --json)", RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        if (!TryParse(arguments, out string? only, out string? file, out bool json, out bool profile))
        {
            await progress.WriteLineAsync(
                "usage: models [--only PART_OF_NAME] [--file MODEL.onnx] [--profile] [--json]");
            return 2;
        }

        try
        {
            string folder = ModelEntry.GetFolder();
            IReadOnlyList<ModelEntry> entries = file is null
                ? [.. ModelEntry.ReadAll(folder).Where(entry =>
                    only is null || entry.Name.Contains(only, StringComparison.Ordinal))]
                : [new ModelEntry(Path.GetFileName(file), Path.GetFullPath(file))];
            return Run(entries, folder, new Shown(json, profile), output, cancellation);
        }
        catch (InvalidOperationException reason)
        {
            await progress.WriteLineAsync($"models failed: {reason.Message}");
            return 1;
        }
    }

    internal readonly record struct Shown(bool Json, bool Profile);

    /// <summary>Runs them one after the other, and says of each how it went as soon as that is known.</summary>
    internal static int Run(
        IReadOnlyList<ModelEntry> entries, string folder, Shown shown, TextWriter output,
        CancellationToken cancellation)
    {
        if (!shown.Json)
        {
            output.WriteLine(Machine.Describe());
            output.WriteLine($"{"model",-26} {"verdict",-9} {"of max",9} {"of allowed",10} {"load ms",9} " +
                $"{"nbc ms",9} {"ort ms",9} {"ratio",6} {"bytes/run",9}");
        }

        List<ModelResult> results = [];
        foreach (ModelEntry entry in entries)
        {
            cancellation.ThrowIfCancellationRequested();
            KernelProfile? profile = shown.Profile ? new() : null;
            ModelResult result = ModelTrial.Run(entry, folder, profile);
            results.Add(result);
            if (!shown.Json)
            {
                Print(result, output);
                profile?.WriteText(output);
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        if (shown.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(results, ModelResultJson.Default.ListModelResult));
        }
        else
        {
            output.WriteLine(string.Join(", ", results.GroupBy(result => result.Verdict)
                .Select(group => $"{group.Count()} {group.Key}")));
        }

        return results.All(result => result.Verdict is "equal" or "rounding" or "missing") ? 0 : 1;
    }

    private static void Print(ModelResult result, TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Name,-26} {result.Verdict,-9} {result.OfLargest,9:0.0e-0} {result.OfAllowed,10:0.000} " +
            $"{result.ImportMs,9:0.0} {result.NbcMs,9:0.000} {result.OrtMs,9:0.000} " +
            $"{result.Ratio,6:0.00} {result.BytesPerRun,9}"));
        if (result.Why is { } why)
        {
            output.WriteLine($"  {why}");
        }

        output.Flush();
    }

    private static bool TryParse(
        IReadOnlyList<string> arguments, out string? only, out string? file, out bool json, out bool profile)
    {
        (only, file, json, profile) = (null, null, false, false);
        for (int i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--profile":
                    profile = true;
                    break;
                case "--only" when i + 1 < arguments.Count:
                    only = arguments[++i];
                    break;
                case "--file" when i + 1 < arguments.Count:
                    file = arguments[++i];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(List<ModelResult>))]
internal sealed partial class ModelResultJson : JsonSerializerContext;
