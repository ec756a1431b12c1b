using System.CommandLine;
using System.Text.Json;
using Ahr.Backends.Bytecode;
using Ahr.Importers;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Text;
using Nbc.Values;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle import MODEL [-o X.ntir] [--explain]</c></summary>
internal static class ImportVerb
{
    // Text is several times as long as what it says, and one string holds it.
    private const long MostTextBytes = 128 << 20;

    private static readonly Argument<string> s_model = new("MODEL") { Description = "ONNX model, or NTIR text" };

    private static readonly Option<string?> s_out = new("--out", "-o")
    {
        Description = "Write the module as NTIR text into this file; json and table say how to print, as elsewhere",
        HelpName = "X.ntir",
    };

    private static readonly Option<bool> s_explain = new("--explain")
    {
        Description = "Tell operator sets, operators, functions, and what ONNX Runtime runs and why",
    };

    private static readonly Option<bool> s_noFallback = new("--no-fallback")
    {
        Description = "Refuse what Noodle's own engine does not run instead of leaving it to ONNX Runtime",
    };

    public static Command Create()
    {
        var verb = new Command("import", "Read a model into NTIR and tell what became of it")
        {
            s_model, s_out, s_explain, s_noFallback,
        };
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        string path = parsed.GetValue(s_model)!;
        ModelFile.Open(path).Dispose();
        (NtirModule module, ImportReport report) = NbcCompilation.Import(path, !parsed.GetValue(s_noFallback));
        string? to = parsed.GetValue(s_out);
        bool json = parsed.IsJson() || to == "json";
        to = to is "json" or "table" ? null : to; // the option that all verbs share has the same short name
        long? bytes = to is null ? null : Write(module, to);
        if (json)
        {
            Print.Json(printer => printer.Print(writer => WriteJson(writer, path, module, report, to, bytes)));
            return ExitCodes.Success;
        }

        string whose = report.Fallbacks.Count == 0
            ? "all of them Noodle's own"
            : $"{report.Fallbacks.Count} parts for ONNX Runtime";
        Console.WriteLine(SafeText.Clean(
            $"{Path.GetFileName(path)}: {report.Operators.Values.Sum()} nodes, " +
            $"{CountOps(module)} operations of NTIR, {whose}"));
        if (parsed.GetValue(s_explain))
        {
            Explain(report);
        }

        if (to is not null)
        {
            Console.WriteLine(SafeText.Clean($"{to}: {bytes} bytes"));
        }

        return ExitCodes.Success;
    }

    private static int CountOps(NtirModule module) => module.Functions.SelectMany(function => function.Body.AllOps())
        .Count(op => op.Name != NtirOp.ConstantName);

    private static long Write(NtirModule module, string to)
    {
        long weights = module.Functions.SelectMany(function => function.Body.AllOps())
            .Select(op => op.Name == NtirOp.ConstantName ? op.Attributes.Tensor("value") : null)
            .OfType<TensorValue>().Sum(value => value.ByteCount);
        if (weights > MostTextBytes)
        {
            throw new CliException(ExitCodes.Failed,
                $"The model's {weights} bytes of weights are more than text is good for; at most {MostTextBytes} are " +
                "written.");
        }

        try
        {
            File.WriteAllText(to, NtirPrinter.Print(module));
            return new FileInfo(to).Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"{to} cannot be written; check the path and its permissions.", e);
        }
    }

    private static void Explain(ImportReport report)
    {
        foreach ((string domain, long version) in report.OperatorSets)
        {
            Line($"operator set {domain} {version}");
        }

        foreach ((string op, int count) in report.Operators)
        {
            Line($"{count} x {op}");
        }

        foreach ((string function, int count) in report.Functions)
        {
            Line($"function {function} put in its place {count} times");
        }

        foreach (FallbackRegion part in report.Fallbacks)
        {
            Line($"ONNX Runtime runs {part.Nodes} nodes, for Noodle has no {string.Join(", ", part.Reasons)}");
        }
    }

    private static void Line(string text) => Console.WriteLine("  " + SafeText.Clean(text));

    private static void WriteJson(
        Utf8JsonWriter json, string path, NtirModule module, ImportReport report, string? to, long? bytes)
    {
        json.WriteString("model", Path.GetFileName(path));
        json.WriteNumber("operations", CountOps(module));
        WriteCounts(json, "operatorSets", report.OperatorSets);
        WriteCounts(json, "operators", Wide(report.Operators));
        WriteCounts(json, "functions", Wide(report.Functions));
        json.WriteStartArray("fallbacks");
        foreach (FallbackRegion part in report.Fallbacks)
        {
            json.WriteStartObject();
            json.WriteNumber("nodes", part.Nodes);
            json.WriteStartArray("reasons");
            foreach (FallbackReason reason in part.Reasons)
            {
                json.WriteStartObject();
                json.WriteString("domain", reason.Domain);
                json.WriteString("operator", reason.Operator);
                json.WriteNumber("version", reason.Version);
                json.WriteString("path", reason.Path);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (to is not null)
        {
            json.WriteString("out", to);
            json.WriteNumber("bytes", bytes!.Value);
        }
    }

    private static IEnumerable<KeyValuePair<string, long>> Wide(IEnumerable<KeyValuePair<string, int>> counts) =>
        counts.Select(pair => KeyValuePair.Create(pair.Key, (long)pair.Value));

    private static void WriteCounts(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, long>> counts)
    {
        json.WriteStartObject(name);
        foreach ((string key, long value) in counts)
        {
            json.WriteNumber(key, value);
        }

        json.WriteEndObject();
    }
}
