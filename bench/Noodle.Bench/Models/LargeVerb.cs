using System.Diagnostics;
using System.Globalization;
using Ahr.Backends;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Noodle.Bench.Models;

/// <summary><c>large [--folder DIR] [--megabytes N]</c>: a model with its weights beside it, 2 GiB unless said
/// otherwise, is made (when it is not there), imported, loaded and run; told is how long that took and what memory it
/// took of its own.</summary>
/// <remarks>Pages of a mapped file are the system's to drop (RssFile); a second copy of the weights would be private
/// (RssAnon). Exit codes: 0 within 30 s and a quarter of the weights, 1 not, 2 not understood.</remarks>
internal static class LargeVerb
{
    private const double MostSeconds = 30;
    private const int Megabyte = 1 << 20;

    public static Verb Verb { get; } = Verb.Own(
        "large", "a model with 2 GiB of external data: import, load, memory (--folder DIR, --megabytes N)", RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        if (!TryParse(arguments, out string? folder, out int megabytes))
        {
            await progress.WriteLineAsync("usage: large [--folder DIR] [--megabytes 1 to 16384]");
            return 2;
        }

        bool isOurs = folder is null;
        folder ??= Path.Combine(Path.GetTempPath(), $"noodle-large-{Environment.ProcessId}");
        try
        {
            string path = Path.Combine(folder, "large.onnx");
            if (!File.Exists(path))
            {
                await progress.WriteLineAsync($"writing {megabytes} MiB");
                path = await LargeModel.WriteAsync(folder, (long)megabytes * Megabyte, cancellation);
            }

            return Measure(path, output);
        }
        catch (Exception reason) when (reason is IOException or BackendException or NbcException)
        {
            await progress.WriteLineAsync($"large failed: {reason.Message}");
            return 1;
        }
        finally
        {
            if (isOurs && Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static int Measure(string path, TextWriter output)
    {
        long weights = new FileInfo(Path.Combine(Path.GetDirectoryName(path)!, "weights.bin")).Length;
        ResidentMemory before = ResidentMemory.Read();
        long start = Stopwatch.GetTimestamp();
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        double importSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        long packs = Math.Min(NbcLoadOptions.Default.MaxPackedBytes, weights - 1); // a smaller model shows it too
        using NbcModel model = NbcRuntime.Load(
            NbcCompilation.Compile(module, "large"), new NbcLoadOptions { MaxRuns = 1, MaxPackedBytes = packs });
        double readySeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        ResidentMemory loaded = ResidentMemory.Read();
        TensorValue input = TensorValue.Allocate(ElementType.Float32, [.. model.Inputs[0].Type.Dimensions!]);
        input.Span<float>().Fill(0.5f);
        start = Stopwatch.GetTimestamp();
        TensorValue result = (TensorValue)model.Run(input)[0]!;
        double runSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        ResidentMemory ran = ResidentMemory.Read();
        bool isGood = readySeconds < MostSeconds && float.IsFinite(result.Span<float>()[0]) &&
            ran.Anonymous - before.Anonymous < weights / 4;
        output.WriteLine(Machine.Describe());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"weights {weights / Megabyte} MiB; import {importSeconds:0.00} s, ready to run {readySeconds:0.00} s, " +
            $"first run {runSeconds:0.00} s"));
        output.WriteLine($"before  {before}");
        output.WriteLine($"loaded  {loaded}");
        output.WriteLine($"ran     {ran}");
        output.WriteLine(isGood
            ? "No second copy: what is private grew by less than a quarter of the weights."
            : "NOT good: too slow, not finite, or the weights were copied.");
        return isGood ? 0 : 1;
    }

    private static bool TryParse(IReadOnlyList<string> arguments, out string? folder, out int megabytes)
    {
        (folder, megabytes) = (null, 2048);
        bool good = arguments.Count % 2 == 0;
        for (int i = 0; good && i < arguments.Count; i += 2)
        {
            switch (arguments[i])
            {
                case "--folder":
                    folder = arguments[i + 1];
                    break;
                case "--megabytes":
                    good = int.TryParse(
                        arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out megabytes) &&
                        megabytes is >= 1 and <= 16384;
                    break;
                default:
                    good = false;
                    break;
            }
        }

        return good;
    }
}

/// <summary>Memory of this process that is in the machine's: its own, and of files. Unit: bytes.</summary>
internal readonly record struct ResidentMemory(long Anonymous, long OfFiles)
{
    /// <summary>Zero where the system does not tell it apart (only Linux does).</summary>
    public static ResidentMemory Read()
    {
        const string Status = "/proc/self/status";
        if (!File.Exists(Status))
        {
            return default;
        }

        string[] lines = File.ReadAllLines(Status);
        return new(Of(lines, "RssAnon:"), Of(lines, "RssFile:"));
    }

    public override string ToString() => $"private {Anonymous >> 20} MiB, of files {OfFiles >> 20} MiB";

    private static long Of(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? long.Parse(
                line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None,
                CultureInfo.InvariantCulture) * 1024
            : 0;
}
