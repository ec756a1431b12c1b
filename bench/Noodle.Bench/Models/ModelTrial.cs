using System.Diagnostics;
using Ahr.Backends;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Types;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Machine;
using Nbc.Values;

namespace Noodle.Bench.Models;

/// <summary>What one model showed.</summary>
/// <param name="Verdict">equal, different, refused, or missing.</param>
/// <param name="Why">A sentence; null when equal within the tolerance of float32.</param>
/// <param name="OfLargest">As <see cref="Deviation.OfLargest"/>.</param>
/// <param name="OfAllowed">As <see cref="Deviation.OfAllowed"/>.</param>
/// <param name="ImportMs">From the file to a program that can run.</param>
/// <param name="BytesPerRun">Managed bytes that a run of the program for these shapes allocates.</param>
internal sealed record ModelResult(
    string Name,
    string Verdict,
    string? Why = null,
    double OfLargest = 0,
    double OfAllowed = 0,
    double ImportMs = 0,
    double NbcMs = 0,
    double OrtMs = 0,
    long BytesPerRun = 0);

/// <summary>Runs one model in Noodle's own engine and in ONNX Runtime, with the same inputs.</summary>
/// <remarks>Both programs are compared: the one for any shapes, and the one for these. The second is measured, in
/// turns with ONNX Runtime, one thread each.</remarks>
internal static class ModelTrial
{
    private const int MostRounds = 20;
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(4);

    public static ModelResult Run(ModelEntry entry, string folder)
    {
        string path = Path.Combine(folder, entry.File);
        if (!File.Exists(path))
        {
            return new(entry.Name, "missing", entry.Sha256 is null
                ? "run bench/models/export.py" : "run the verb fetch");
        }

        try
        {
            using OrtSession peer = new(path);
            TensorValue[] inputs = peer.Draw(entry);
            peer.Give(inputs);
            return Compare(entry, path, peer, inputs);
        }
        catch (Exception refusal) when (refusal is BackendException or NbcException)
        {
            return new(entry.Name, "refused", refusal.Message);
        }
    }

    private static ModelResult Compare(ModelEntry entry, string path, OrtSession peer, TensorValue[] inputs)
    {
        long start = Stopwatch.GetTimestamp();
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        double importMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        NtirModule any = RegionCopy.Copy(module);
        Deviation worst;
        using (NbcModel general = Load(any, entry.Name))
        {
            NbcValue?[] ordered = Order(general, peer, inputs);
            worst = peer.Compare(general.Run(ordered), entry.Allowed);
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            NtirValue parameter = module.Main.Body.Parameters[i];
            TensorValue input = inputs[Index(peer, parameter.Name!)];
            parameter.Type = new TensorType(input.Type, SymbolicShape.Of(input.Shape));
        }

        long loading = Stopwatch.GetTimestamp();
        using NbcModel model = Load(module, entry.Name);
        importMs += Stopwatch.GetElapsedTime(loading).TotalMilliseconds;
        NbcValue?[] given = Order(model, peer, inputs), results = new NbcValue?[model.Outputs.Count];
        model.Run(given, results, NbcRun.Default, CancellationToken.None);
        worst = worst.Or(peer.Compare(results, entry.Allowed));
        (double nbc, double ort, long bytes) = Measure(model, given, results, peer);
        string? why = worst.Fault ?? (entry.Tolerance is { } looser ? $"looser: {looser.Why}" : null);
        return new(entry.Name, worst.Fault is null ? "equal" : "different", why, worst.OfLargest, worst.OfAllowed,
            importMs, nbc, ort, bytes);
    }

    private static NbcModel Load(NtirModule module, string name) => NbcRuntime.Load(
        NbcCompilation.Compile(module, name), new NbcLoadOptions { MaxRuns = 1 });

    private static int Index(OrtSession peer, string name)
    {
        for (int i = 0; i < peer.InputNames.Count; i++)
        {
            if (peer.InputNames[i] == name)
            {
                return i;
            }
        }

        throw new InvalidOperationException($"ONNX Runtime knows no input '{name}'");
    }

    private static NbcValue?[] Order(NbcModel model, OrtSession peer, TensorValue[] inputs) =>
        [.. model.Inputs.Select(port => inputs[Index(peer, port.Name)])];

    private static (double Nbc, double Ort, long Bytes) Measure(
        NbcModel model, NbcValue?[] inputs, NbcValue?[] results, OrtSession peer)
    {
        List<double> own = [], other = [];
        long bytes = long.MaxValue;
        long begun = Stopwatch.GetTimestamp();
        for (int round = -1; round < MostRounds && (round < 1 || Stopwatch.GetElapsedTime(begun) < s_longest); round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            model.Run(inputs, results, NbcRun.Default, CancellationToken.None);
            double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before);
            start = Stopwatch.GetTimestamp();
            peer.Run();
            if (round >= 0)
            {
                own.Add(took);
                other.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        return (Median(own), Median(other), bytes);
    }

    private static double Median(List<double> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }
}
