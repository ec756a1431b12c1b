using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ahr.Backends.Comparison;
using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Inputs;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle verify MODEL [--against onnxruntime] [--input …]</c>: where the engines part.</summary>
internal static class VerifyVerb
{
    private static readonly Argument<string> s_model = new("MODEL") { Description = "ONNX model" };

    private static readonly Option<string> s_against = new("--against")
    {
        Description = "The engine that counts as right",
        HelpName = "onnxruntime",
        DefaultValueFactory = _ => "onnxruntime",
    };

    private static readonly Option<string[]> s_inputs = new("--input", "-i")
    {
        Description = "A .npy, JSON or image file; NAME=PATH where there are several inputs. Others are made up",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<ulong> s_seed = new("--seed")
    {
        Description = "Where made-up inputs begin",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    static VerifyVerb() => s_against.AcceptOnlyFromAmong("onnxruntime");

    public static Command Create()
    {
        var verb = new Command("verify", "Compare Noodle's own engine with another, operation by operation")
        {
            s_model, s_against, s_inputs, s_seed,
        };
        verb.SetAction(RunAsync);
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        string path = parsed.GetValue(s_model)!;
        await ModelFile.Open(path).DisposeAsync();
        IReadOnlyList<Tensor> inputs = await ReadInputsAsync(parsed, path, cancellation);
        ComparisonReport report = OpComparison.Run(path, inputs, Tolerance.Float32, cancellation);
        if (parsed.IsJson())
        {
            Print.Json(printer => printer.Print(json => Write(json, report)));
        }
        else
        {
            Write(Console.Out, report);
        }

        return report.IsEqual ? ExitCodes.Success : ExitCodes.Failed;
    }

    private static async Task<IReadOnlyList<Tensor>> ReadInputsAsync(
        ParseResult parsed, string path, CancellationToken cancellation)
    {
        IReadOnlyList<(TensorSpec Spec, Tensor Tensor)> made = RandomInputs.For(path, parsed.GetValue(s_seed));
        string[] arguments = parsed.GetValue(s_inputs)!;
        if (arguments.Length == 0)
        {
            await Console.Error.WriteLineAsync(
                $"inputs are made up, --seed {parsed.GetValue(s_seed).ToString(CultureInfo.InvariantCulture)}");
            return [.. made.Select(input => input.Tensor)];
        }

        return await InputReader.ReadAsync(
            [.. made.Select(input => input.Spec)], arguments, new InputOptions(Console.OpenStandardInput, null),
            cancellation);
    }

    private static void Write(TextWriter output, ComparisonReport report)
    {
        string error = Text($"{report.LargestError:0.##E+0}");
        output.WriteLine(Text(
            $"{report.Compared} values inside the model agree, to {error} of their largest number"));
        if (report.First is { } first)
        {
            string kind = first.Kind.Length > 0 ? $"{first.Kind}, " : "";
            output.WriteLine(SafeText.Clean(
                $"first difference: {first.Path} ({kind}operation {first.Op}), value {first.Value}"));
            output.WriteLine(SafeText.Clean($"  operands  {string.Join(", ", first.Operands)}"));
            output.WriteLine(SafeText.Clean($"  result    {first.Actual}, expected {first.Expected}"));
            output.WriteLine(Text($"  error     {first.LargestError:R} at most; {SafeText.Clean(first.Why)}"));
        }

        foreach (OutputComparison each in report.Outputs)
        {
            string what = SafeText.Clean($"output {each.Name} {each.Type}: {each.Why ?? "equal"}");
            output.WriteLine(Text($"{what}, error {each.LargestError:0.##E+0} at most"));
        }

        output.WriteLine(report.IsEqual ? "equal" : "different");
    }

    private static void Write(Utf8JsonWriter json, ComparisonReport report)
    {
        json.WriteBoolean("equal", report.IsEqual);
        json.WriteNumber("compared", report.Compared);
        WriteError(json, "largestError", report.LargestError);
        if (report.First is { } first)
        {
            json.WriteStartObject("first");
            json.WriteString("path", first.Path);
            json.WriteString("operator", first.Kind);
            json.WriteString("operation", first.Op);
            json.WriteString("value", first.Value);
            json.WriteStartArray("operands");
            first.Operands.ToList().ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteString("actual", first.Actual);
            json.WriteString("expected", first.Expected);
            WriteError(json, "largestError", first.LargestError);
            json.WriteString("why", first.Why);
            json.WriteEndObject();
        }

        json.WriteStartArray("outputs");
        foreach (OutputComparison output in report.Outputs)
        {
            json.WriteStartObject();
            json.WriteString("name", output.Name);
            json.WriteString("type", output.Type);
            json.WriteBoolean("equal", output.Why is null);
            WriteError(json, "largestError", output.LargestError);
            json.WriteString("why", output.Why ?? "");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // JSON has no numbers for these.
    private static void WriteError(Utf8JsonWriter json, string name, double error)
    {
        if (double.IsFinite(error))
        {
            json.WriteNumber(name, error);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
