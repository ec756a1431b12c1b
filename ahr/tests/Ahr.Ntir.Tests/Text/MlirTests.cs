using System.Diagnostics;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;

namespace Ahr.Ntir.Tests.Text;

/// <summary>A stranger reads the text form: MLIR's own tool.</summary>
public sealed class MlirTests
{
    private static readonly string? s_tool = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "mlir-opt-16")).FirstOrDefault(File.Exists);

    [Fact]
    public void Mlir_reads_what_is_printed()
    {
        Assert.SkipWhen(s_tool is null, "mlir-opt-16 is not installed (Debian package mlir-16-tools)");
        const string Split = "// -----\n";
        string all = string.Join(Split, Enumerable.Range(0, 200).Select(seed =>
            NtirPrinter.Print(RandomModules.Make(seed))));
        (int code, string errors) = Run(all, "--split-input-file");
        Assert.True(code == 0, errors[..Math.Min(errors.Length, 2000)]);
    }

    [Fact]
    public void Mlir_refuses_what_is_broken()
    {
        Assert.SkipWhen(s_tool is null, "mlir-opt-16 is not installed (Debian package mlir-16-tools)");
        string text = NtirPrinter.Print(new NtirModule());
        Assert.Equal(0, Run(text).Code);
        Assert.NotEqual(0, Run(text.Replace("->", "=>", StringComparison.Ordinal)).Code);
    }

    private static (int Code, string Errors) Run(string text, params string[] more)
    {
        ProcessStartInfo start = new(s_tool!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["--allow-unregistered-dialect", "--mlir-print-op-generic", .. more, "-"])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        process.WaitForExit();
        return (process.ExitCode, errors.Result);
    }
}
