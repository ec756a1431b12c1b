using System.Diagnostics;
using System.Security.Cryptography;

namespace Noodle.Bench.Models;

/// <summary><c>fetch</c>: installs the packages of <c>bench/models/package.json</c> and checks every model in them.
/// </summary>
/// <remarks>Exit codes: 0 every model is what the list says, 1 one is not, or npm failed, 2 not understood.</remarks>
internal static class FetchVerb
{
    public static Verb Verb { get; } = Verb.Own(
        "fetch", "real models by the locked npm manifest in bench/models, each checked by its SHA-256", RunAsync);

    private static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter progress, CancellationToken cancellation)
    {
        if (arguments.Count > 0)
        {
            await progress.WriteLineAsync("usage: fetch");
            return 2;
        }

        try
        {
            string folder = ModelEntry.GetFolder();
            await InstallAsync(folder, cancellation);
            return Check(folder, ModelEntry.ReadAll(folder), output);
        }
        catch (InvalidOperationException reason)
        {
            await progress.WriteLineAsync($"fetch failed: {reason.Message}");
            return 1;
        }
    }

    /// <summary>Says of each fetched model whether it is the one in the list.</summary>
    internal static int Check(string folder, IReadOnlyList<ModelEntry> entries, TextWriter output)
    {
        int wrong = 0;
        foreach (IGrouping<string, ModelEntry> file in entries.Where(entry => entry.Sha256 is not null)
            .GroupBy(entry => entry.File))
        {
            string verdict = Verdict(Path.Combine(folder, file.Key), file.First().Sha256!);
            wrong += verdict == "ok" ? 0 : 1;
            output.WriteLine($"{verdict,-8} {file.Key}");
        }

        output.WriteLine(wrong == 0
            ? "Every model is what the list says." : $"{wrong} models are not what the list says.");
        return wrong == 0 ? 0 : 1;
    }

    private static string Verdict(string path, string expected)
    {
        if (!File.Exists(path))
        {
            return "missing";
        }

        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream)) == expected ? "ok" : "changed";
    }

    // Scripts of packages are not run: only the models in them are wanted.
    private static async Task InstallAsync(string folder, CancellationToken cancellation)
    {
        ProcessStartInfo start = new("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process npm = Start(start);
        Task<string> said = npm.StandardOutput.ReadToEndAsync(cancellation);
        string complaint = await npm.StandardError.ReadToEndAsync(cancellation);
        await said;
        await npm.WaitForExitAsync(cancellation);
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm ended with {npm.ExitCode}: {complaint.Split('\n')[0]}");
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception reason)
        {
            throw new InvalidOperationException("npm is needed to fetch models: install Node.js", reason);
        }
    }
}
