using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ahr.Backends.Conformance;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle conformance --backend nbc|onnxruntime --data DIR</c>: known inputs, known outputs.</summary>
internal static class ConformanceVerb
{
    private const int ProgressEvery = 100;

    private static readonly Option<string> s_backend = new("--backend")
    {
        Description = "The engine to try; nbc never falls back to the other",
        HelpName = "nbc|onnxruntime",
        Required = true,
    };

    private static readonly Option<string> s_data = new("--data")
    {
        Description = "Folder with cases in the layout of ONNX's backend tests, searched with all folders below it",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<string?> s_filter = new("--filter")
    {
        Description = "Run only cases whose name this regular expression finds",
        HelpName = "R",
    };

    private static readonly Option<bool> s_json = new("--json") { Description = "Print one JSON object" };

    static ConformanceVerb() => s_backend.AcceptOnlyFromAmong("nbc", "onnxruntime");

    public static Command Create()
    {
        var verb = new Command("conformance", "Run an engine on known inputs and compare with known outputs")
        {
            s_backend, s_data, s_filter, s_json,
        };
        verb.SetAction(Run);
        return verb;
    }

    /// <summary>Writes the members of the report's object.</summary>
    internal static void Write(Utf8JsonWriter json, ConformanceReport report)
    {
        json.WriteNumber("total", report.Total);
        json.WriteNumber("passed", report.Passed);
        json.WriteNumber("failed", report.Failed);
        json.WriteNumber("refused", report.Refused);
        json.WriteNumber("random", report.Random);
        json.WriteStartArray("cases");
        foreach (ConformanceOutcome outcome in report.Cases)
        {
            json.WriteStartObject();
            json.WriteString("name", outcome.Name);
            json.WriteString("verdict", NameOf(outcome.Verdict));
            json.WriteString("why", outcome.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static int Run(ParseResult parsed)
    {
        string data = parsed.GetValue(s_data)!;
        ConformanceCase[] cases = Find(data, parsed.GetValue(s_filter));
        IConformanceSubject subject = parsed.GetValue(s_backend) == "nbc" ? new NbcSubject() : new OnnxRuntimeSubject();
        ConformanceRun run = new(subject, Tolerance.Onnx);
        List<ConformanceOutcome> outcomes = new(cases.Length);
        foreach (ConformanceCase test in cases)
        {
            outcomes.Add(run.Run(test));
            if (outcomes.Count % ProgressEvery == 0)
            {
                Console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{outcomes.Count} of {cases.Length} cases"));
            }
        }

        ConformanceReport report = new(outcomes);
        if (parsed.GetValue(s_json) || parsed.IsJson())
        {
            Print.Json(printer => printer.Print(json => Write(json, report)));
        }
        else
        {
            WriteLines(Console.Out, subject.Name, report);
        }

        return report.Failed == 0 ? ExitCodes.Success : ExitCodes.Failed;
    }

    private static void WriteLines(TextWriter output, string engine, ConformanceReport report)
    {
        foreach (ConformanceOutcome outcome in report.Cases.Where(each => each.Verdict != Verdict.Passed))
        {
            string why = outcome.Why.Length > 0 ? ": " + outcome.Why : "";
            output.WriteLine(SafeText.Clean($"{NameOf(outcome.Verdict)} {outcome.Name}{why}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{engine}: {report.Total} cases, {report.Passed} passed, {report.Failed} failed, " +
            $"{report.Refused} refused, {report.Random} random"));
    }

    private static ConformanceCase[] Find(string data, string? filter)
    {
        if (!Directory.Exists(data))
        {
            throw new CliException(ExitCodes.Usage, $"There is no folder {data}; check the path.");
        }

        Regex? wanted;
        try
        {
            wanted = filter is null ? null : new Regex(filter, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (RegexParseException e)
        {
            throw new CliException(ExitCodes.Usage, $"--filter is no regular expression: {e.Message}", e);
        }

        ConformanceCase[] cases;
        try
        {
            cases = [.. ConformanceCase.Find(data).Where(test => wanted?.IsMatch(test.Name) != false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, $"{data} cannot be read; check its permissions.", e);
        }

        return cases.Length > 0
            ? cases
            : throw new CliException(ExitCodes.Usage,
                filter is null
                    ? $"There is no model.onnx below {data}."
                    : $"No case below {data} has a name like {filter}.");
    }

    private static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Passed => "passed",
        Verdict.Failed => "failed",
        Verdict.Refused => "refused",
        _ => "random",
    };
}
