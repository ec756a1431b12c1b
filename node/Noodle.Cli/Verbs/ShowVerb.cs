using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ahr.Backends.Inspection;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle show MODEL</c>: what a model takes and gives, what it is made of, and what it needs.</summary>
internal static class ShowVerb
{
    private static readonly Argument<string> s_model = new("MODEL") { Description = "ONNX model, or NTIR text" };

    public static Command Create()
    {
        var verb = new Command("show", "Show a model's inputs, outputs, operations, memory and arithmetic") { s_model };
        verb.SetAction(parsed =>
        {
            string path = parsed.GetValue(s_model)!;
            ModelFile.Open(path).Dispose();
            ModelSummary summary = ModelSummary.Read(path);
            if (parsed.IsJson())
            {
                Print.Json(printer => printer.Print(json => Write(json, path, summary)));
            }
            else
            {
                Write(Console.Out, path, summary);
            }
        });
        return verb;
    }

    private static void Write(TextWriter output, string path, ModelSummary summary)
    {
        output.WriteLine(SafeText.Clean(Path.GetFileName(path)));
        WritePorts(output, "input", summary.Inputs);
        WritePorts(output, "output", summary.Outputs);
        output.WriteLine(Text($"  parameters  {summary.Parameters} in {Size(summary.WeightBytes)}"));
        output.WriteLine(Text($"  planned     {Size(summary.ArenaBytes)} for what a run computes"));
        output.WriteLine(Text($"  arithmetic  {summary.Flops:0} operations a run{Partly(summary)}"));
        if (summary.Report.Fallbacks.Count > 0)
        {
            output.WriteLine(Text($"  fallback    {summary.Report.Fallbacks.Count} parts run on ONNX Runtime"));
        }

        output.WriteLine();
        TablePrinter.ForConsole().Print(
            ["operation", "count", "arithmetic", "of all"],
            [.. summary.Ops.Select(op => new[]
            {
                op.Name, Text($"{op.Count}"), Text($"{op.Flops:0}"),
                summary.Flops > 0 ? Text($"{100 * op.Flops / summary.Flops:0.0} %") : "",
            })]);
    }

    private static void WritePorts(TextWriter output, string what, IReadOnlyList<PortSummary> ports)
    {
        foreach (PortSummary port in ports)
        {
            output.WriteLine(SafeText.Clean($"  {what,-11} {port.Name}: {port.Type}"));
        }
    }

    private static void Write(Utf8JsonWriter json, string path, ModelSummary summary)
    {
        json.WriteString("model", Path.GetFileName(path));
        WritePorts(json, "inputs", summary.Inputs);
        WritePorts(json, "outputs", summary.Outputs);
        json.WriteNumber("parameters", summary.Parameters);
        json.WriteNumber("weightBytes", summary.WeightBytes);
        json.WriteNumber("plannedBytes", summary.ArenaBytes);
        json.WriteNumber("flops", summary.Flops);
        json.WriteBoolean("partial", summary.IsPartial);
        json.WriteNumber("fallbacks", summary.Report.Fallbacks.Count);
        json.WriteStartArray("operations");
        foreach (OpSummary op in summary.Ops)
        {
            json.WriteStartObject();
            json.WriteString("name", op.Name);
            json.WriteNumber("count", op.Count);
            json.WriteNumber("flops", op.Flops);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePorts(Utf8JsonWriter json, string name, IReadOnlyList<PortSummary> ports)
    {
        json.WriteStartArray(name);
        foreach (PortSummary port in ports)
        {
            json.WriteStartObject();
            json.WriteString("name", port.Name);
            json.WriteString("type", port.Type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Partly(ModelSummary summary) =>
        summary.IsPartial ? ", with 1 for each size that only a run tells" : "";

    private static string Size(long bytes) => bytes < 1 << 20
        ? Text($"{bytes / 1024.0:0.0} KiB")
        : Text($"{bytes / 1048576.0:0.0} MiB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
