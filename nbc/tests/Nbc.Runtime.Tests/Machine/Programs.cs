using System.Diagnostics.CodeAnalysis;
using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Runtime.Tests.Machine;

/// <summary>Programs from text, run in tests.</summary>
internal static class Programs
{
    public static NbcProgram Parse([StringSyntax("nbc")] string text)
    {
        Assert.True(NbcAssembler.TryAssemble("nbc 1\n" + text, out NbcProgram? program, out AssemblyFault? fault),
            fault?.ToString());
        return program;
    }

    public static NbcModel Load(string text, NbcLoadOptions? options = null) =>
        NbcRuntime.Load(Parse(text), options);

    /// <summary>What a program without inputs and outputs prints.</summary>
    public static string Print(string text, NbcLimits? limits = null)
    {
        List<string> lines = [];
        using NbcModel model = Load(text);
        NbcRun run = new()
        {
            Task = new NbcTask { Limits = limits ?? NbcLimits.Sandbox },
            Print = lines.Add,
        };
        model.Run([], new NbcValue?[model.Outputs.Count], run, CancellationToken.None);
        return string.Join(" ", lines);
    }

    /// <summary>What the body of a function without registers prints.</summary>
    public static string PrintBody(string body) =>
        Print($"func main () -> () {{\nlocals 4\n{body}\nRET\n}}");

    public static NbcError Failure(string text, NbcRun? run = null)
    {
        using NbcModel model = Load(text);
        return Assert.Throws<NbcException>(() =>
            model.Run([], new NbcValue?[model.Outputs.Count], run ?? NbcRun.Default, CancellationToken.None)).Error;
    }

    public static TensorValue Floats(params float[] values) =>
        TensorValue.From<float>(ElementType.Float32, values, values.Length);

    public static float[] Elements(NbcValue? value) => Assert.IsType<TensorValue>(value).Span<float>().ToArray();
}
