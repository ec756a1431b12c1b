using System.Diagnostics;
using System.Globalization;
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
/// <param name="Verdict">equal; rounding (further apart than allowed, but no further than ONNX Runtime is from itself
/// without its optimisations); different; refused; or missing.</param>
/// <param name="Why">A sentence; null when equal within the tolerance of float32.</param>
/// <param name="OfLargest">As <see cref="Deviation.OfLargest"/>.</param>
/// <param name="OfAllowed">As <see cref="Deviation.OfAllowed"/>.</param>
/// <param name="ImportMs">From the file to a program that can run.</param>
/// <param name="NbcMs">The middle of all runs; so with OrtMs.</param>
/// <param name="Ratio">Our fastest run over ONNX Runtime's: what other processes did disturbs it least.</param>
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
    double Ratio = 0,
    long BytesPerRun = 0);

/// <summary>Runs one model in Noodle's own engine and in ONNX Runtime, with the same inputs.</summary>
/// <remarks>Both programs are compared: the one for any shapes, and the one for these. The second is measured, in
/// turns with ONNX Runtime, one thread each.</remarks>
internal static class ModelTrial
{
    private const int MostRounds = 20;
    private const int WarmUps = 60; // as many as the compiler waits for before it optimises
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(4);

    private static readonly ulong[] s_seeds = [1, 2, 3];

    /// <param name="profile">Sees one run more; null for none.</param>
    public static ModelResult Run(ModelEntry entry, string folder, KernelProfile? profile = null)
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
            return Compare(entry, path, peer, profile);
        }
        catch (Exception refusal) when (refusal is BackendException or NbcException)
        {
            return new(entry.Name, "refused", refusal.Message);
        }
    }

    private static ModelResult Compare(ModelEntry entry, string path, OrtSession peer, KernelProfile? profile)
    {
        TensorValue[] inputs = peer.Draw(entry, s_seeds[0]);
        peer.Give(inputs);
        long start = Stopwatch.GetTimestamp();
        (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: false);
        double importMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        Deviation worst;
        using (NbcModel general = Load(RegionCopy.Copy(module), entry.Name))
        {
            worst = peer.Compare(general.Run(Order(general, peer, inputs)), entry.Allowed);
        }

        start = Stopwatch.GetTimestamp();
        using NbcModel model = Load(For(module, peer, inputs), entry.Name);
        importMs += Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        NbcValue?[] results = new NbcValue?[model.Outputs.Count];
        foreach (ulong seed in s_seeds)
        {
            inputs = peer.Draw(entry, seed);
            peer.Give(inputs);
            model.Run(Order(model, peer, inputs), results, NbcRun.Default, CancellationToken.None);
            worst = worst.Or(peer.Compare(results, entry.Allowed));
        }

        NbcValue?[] given = Order(model, peer, inputs);
        (Times nbc, Times ort, long bytes) = Measure(model, given, results, peer);
        if (profile is not null)
        {
            model.Run(given, results, new NbcRun { Observer = profile }, CancellationToken.None);
        }

        ModelResult result = new(entry.Name, "equal", entry.Tolerance is { } looser ? $"looser: {looser.Why}" : null,
            worst.OfLargest, worst.OfAllowed, importMs, nbc.Median, ort.Median, nbc.Least / ort.Least, bytes);
        return worst.Fault is null ? result : Explain(result, worst, OwnNoise(entry, path, peer));
    }

    // A model that makes much of the last bit does so in ONNX Runtime too: with its optimisations on and off.
    private static ModelResult Explain(ModelResult result, Deviation worst, double noise) => result with
    {
        Verdict = noise >= worst.OfAllowed ? "rounding" : "different",
        Why = string.Create(CultureInfo.InvariantCulture,
            $"{worst.Fault}; ONNX Runtime with and without its optimisations is {noise:0.0} times the allowance apart"),
    };

    private static NtirModule For(NtirModule module, OrtSession peer, TensorValue[] inputs)
    {
        foreach (NtirValue parameter in module.Main.Body.Parameters)
        {
            TensorValue input = inputs[Index(peer, parameter.Name!)];
            parameter.Type = new TensorType(input.Type, SymbolicShape.Of(input.Shape));
        }

        return module;
    }

    // How far ONNX Runtime is from itself: what rounding alone makes of the model.
    private static double OwnNoise(ModelEntry entry, string path, OrtSession peer)
    {
        using OrtSession plain = new(path, isOptimised: false);
        double most = 0;
        foreach (ulong seed in s_seeds)
        {
            TensorValue[] inputs = peer.Draw(entry, seed);
            plain.Give(inputs);
            peer.Give(inputs);
            most = Math.Max(most, peer.Compare(plain.RunAndCopy(), entry.Allowed).OfAllowed);
        }

        return most;
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

    private static (Times Nbc, Times Ort, long Bytes) Measure(
        NbcModel model, NbcValue?[] inputs, NbcValue?[] results, OrtSession peer)
    {
        List<double> own = [], other = [];
        long bytes = long.MaxValue;
        long begun = Stopwatch.GetTimestamp();
        for (int run = 0; run < WarmUps && Stopwatch.GetElapsedTime(begun) < s_longest / 2; run++)
        {
            model.Run(inputs, results, NbcRun.Default, CancellationToken.None);
        }

        begun = Stopwatch.GetTimestamp();
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

        return (Times.Of(own), Times.Of(other), bytes);
    }

    private readonly record struct Times(double Least, double Median)
    {
        public static Times Of(List<double> times)
        {
            times.Sort();
            return new(times[0], times[times.Count / 2]);
        }
    }
}
