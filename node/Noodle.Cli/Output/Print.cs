using System.CommandLine;
using System.Globalization;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Client;
using Noodle.Client.Control;

namespace Noodle.Cli.Output;

/// <summary>What the verbs print on standard output: a table, or with <c>-o json</c> what the control API
/// answered.</summary>
internal static class Print
{
    public static void Nodes(ParseResult parsed, IReadOnlyList<NodeInfo> nodes)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(nodes, ControlJson.Default.IReadOnlyListNodeInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["node", "state", "for", "health", "http", "rtt", "in flight", "models", "version"],
            [.. nodes.Select(node => new[]
            {
                node.Self ? node.Id + " *" : node.Id, node.State, Length(node.StateForMs), NodeLines.Health(node),
                node.Http, RoundTrip(node.RoundTripUs),
                Number(node.InFlight), string.Join(' ', node.Models), node.Version,
            })]);
        foreach (string line in nodes.Select(NodeLines.Hint).OfType<string>())
        {
            Console.WriteLine(SafeText.Clean(line));
        }
    }

    public static void Models(ParseResult parsed, IReadOnlyList<ModelInfo> models)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(models, ControlJson.Default.IReadOnlyListModelInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["model", "version", "ready", "backend", "size", "inputs", "outputs", "digest"],
            [.. models.Select(model => new[]
            {
                model.Name, Number(model.Version), $"{model.Ready}/{model.Replicas}", model.Backend ?? "",
                Size(model.SizeBytes),
                Specs(model.Inputs),
                Specs(model.Outputs), model.Digest[..Math.Min(12, model.Digest.Length)],
            })]);
    }

    public static void Replicas(ParseResult parsed, IReadOnlyList<ReplicaInfo> replicas)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(replicas, ControlJson.Default.IReadOnlyListReplicaInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["model", "node", "state", "in flight", "served", "one run", "engine", "why"],
            [.. replicas.Select(replica => new[]
            {
                replica.Model, replica.Node, State(replica), Number(replica.InFlight), Number(replica.Served),
                RoundTrip(replica.ServiceTimeUs), EngineText.Of(replica.Engines), replica.Reason ?? "",
            })]);
    }

    // Down and not up: 100 % is said when all of it is there.
    internal static string State(ReplicaInfo replica) =>
        replica is { State: ReplicaStates.Fetching, FetchedBytes: >= 0 and var done, TotalBytes: > 0 and var all }
            ? string.Create(
                CultureInfo.InvariantCulture, $"{replica.State} {(int)Math.Clamp(100.0 * done / all, 0, 100)} %")
            : replica.State;

    public static void Tasks(ParseResult parsed, IReadOnlyList<TaskInfo> tasks)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(tasks, ControlJson.Default.IReadOnlyListTaskInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["task", "for", "runs for", "deadline in", "trace"],
            [.. tasks.Select(task => new[]
            {
                task.Name, task.Owner, Lasting(task.AgeUs),
                task.LeftUs is not { } left ? "" : left <= 0 ? "passed" : Lasting(left), task.Trace ?? "",
            })]);
    }

    public static void Decisions(ParseResult parsed, IReadOnlyList<DecisionInfo> decisions)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(decisions, ControlJson.Default.IReadOnlyListDecisionInfo));
            return;
        }

        TablePrinter.ForConsole().Print(
            ["at", "model", "node", "engine", "tried", "outcome", "took", "why there", "why not elsewhere"],
            [.. decisions.Select(decision => new[]
            {
                decision.At.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), decision.Model,
                decision.Chosen, decision.Engine ?? "", Number(decision.Attempts),
                decision.Outcome == "None" ? "answered" : decision.Outcome,
                RoundTrip(decision.DurationUs), decision.Reason, Losers(decision),
            })]);
    }

    /// <summary>What a deployed model answered.</summary>
    public static void Result(ParseResult parsed, string model, InferResult result)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(model, result));
        }
        else
        {
            Outputs(parsed, result.Outputs.Tensors);
        }
    }

    /// <summary>Outputs of a model run here.</summary>
    public static void Outputs(ParseResult parsed, IReadOnlyList<Tensor> outputs)
    {
        if (parsed.IsJson())
        {
            Json(printer => printer.Print(outputs));
            return;
        }

        foreach (Tensor output in outputs)
        {
            Console.WriteLine($"{SafeText.Clean(output.Name)} {ElementTypes.NameOf(output.Type)} " +
                $"[{string.Join(", ", output.Shape)}]");
            Console.WriteLine($"  {TensorText.Shorten(output)}");
        }
    }

    internal static void Json(Action<JsonPrinter> print)
    {
        using Stream output = Console.OpenStandardOutput();
        print(new JsonPrinter(output));
    }

    private static string Losers(DecisionInfo decision) => string.Join("; ", decision.Scores
        .Where(score => score.Node != decision.Chosen)
        .Select(score => $"{(score.Node.Length > 24 ? score.Node[..^24] : score.Node)}: {score.Reason}"));

    private static string Specs(IReadOnlyList<TensorInfo> specs) => string.Join(' ', specs.Select(
        spec => $"{spec.Name}:{spec.Datatype}[{string.Join(',', spec.Shape)}]"));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Length(long ms) => ms < 60_000
        ? string.Create(CultureInfo.InvariantCulture, $"{ms / 1000.0:0.0} s")
        : TimeSpan.FromMilliseconds(ms).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);

    private static string Lasting(long us) => us < 1_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{us / 1000.0:0.0} ms")
        : Length(us / 1000);

    private static string RoundTrip(long? us) => us switch
    {
        null or 0 => "",
        < 1_000 => string.Create(CultureInfo.InvariantCulture, $"{us} µs"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{us / 1000.0:0.00} ms"),
    };

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => $"{bytes} B",
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB"),
    };
}
