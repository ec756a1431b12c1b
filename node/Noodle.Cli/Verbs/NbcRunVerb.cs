using System.CommandLine;
using System.Globalization;
using Nbc.Instructions;
using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Machine;
using Nbc.Runtime.Network;
using Nbc.Tensors;
using Nbc.Values;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Inputs;
using Noodle.Cli.Output;
using Noodle.Cli.Programs;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle nbc run FILE</c>: a program of anybody's, in a sandbox.</summary>
internal static class NbcRunVerb
{
    private static readonly NbcLimits s_sandbox = NbcLimits.Sandbox;

    private static readonly Option<string[]> s_inputs = new("--input", "-i")
    {
        Description = "A .npy, JSON or image file, or - for standard input; NAME=PATH where there are several inputs",
        HelpName = "PATH",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<long> s_instructions = new("--instructions")
    {
        Description = "Instructions that it may execute",
        HelpName = "N",
        DefaultValueFactory = _ => s_sandbox.Instructions,
    };

    private static readonly Option<double> s_time = new("--time")
    {
        Description = "Seconds that it may run",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => s_sandbox.Time!.Value.TotalSeconds,
    };

    private static readonly Option<long> s_memory = new("--memory")
    {
        Description = "MiB that it may hold at once",
        HelpName = "MIB",
        DefaultValueFactory = _ => s_sandbox.MemoryBytes >> 20,
    };

    private static readonly Option<int> s_depth = new("--depth")
    {
        Description = "Calls and frames that may be open at once",
        HelpName = "N",
        DefaultValueFactory = _ => s_sandbox.FrameDepth,
    };

    private static readonly Option<bool> s_network = new("--loopback")
    {
        Description = "Give it a network in which it reaches itself, as node self",
    };

    private static readonly Option<ulong?> s_seed = new("--seed")
    {
        Description = "Where its random numbers begin (default: somewhere else each time)",
        HelpName = "N",
    };

    public static Command Create(Argument<string> file)
    {
        var verb = new Command("run", "Run a program in a sandbox and print what it prints and its outputs")
        {
            file, s_inputs, s_instructions, s_time, s_memory, s_depth, s_network, s_seed,
        };
        verb.SetAction((parsed, cancellation) => RunAsync(parsed, file, cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Argument<string> file, CancellationToken cancellation)
    {
        NbcProgram program = ProgramFile.Read(parsed.GetValue(file)!);
        IReadOnlyList<Tensor> inputs = program.Inputs.IsEmpty ? [] : await InputReader.ReadAsync(
            ProgramTensors.Specs(program.Inputs), parsed.GetValue(s_inputs)!,
            new InputOptions(Console.OpenStandardInput, null), cancellation);
        List<string> printed = [];
        NbcRun run = new()
        {
            Task = new NbcTask { Owner = "noodle nbc run", Limits = Limits(parsed) },
            Network = parsed.GetValue(s_network) ? new LoopbackNetwork() : null,
            Print = parsed.IsJson() ? printed.Add : line => Console.WriteLine(SafeText.Clean(line)),
            Seed = parsed.GetValue(s_seed),
        };
        NbcValue?[] outputs = new NbcValue?[program.Outputs.Length];
        try
        {
            using NbcModel model = NbcRuntime.Load(program, new NbcLoadOptions { MaxRuns = 1 });
            model.Run([.. inputs.Select(ProgramTensors.ToValue)], outputs, run, cancellation);
        }
        catch (NbcException failed)
        {
            throw new CliException(ExitCodes.Failed, SafeText.Clean(failed.Message), failed);
        }

        Tensor[] tensors = [.. program.Outputs.Select((port, i) => ProgramTensors.ToTensor(port, outputs[i]))];
        if (parsed.IsJson())
        {
            WriteJson(printed, tensors);
        }
        else
        {
            Print.Outputs(parsed, tensors);
        }

        return ExitCodes.Success;
    }

    private static NbcLimits Limits(ParseResult parsed) => s_sandbox with
    {
        Instructions = AtLeastOne(parsed.GetValue(s_instructions), "--instructions"),
        Time = TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(s_time), 0.001, 1e6)),
        MemoryBytes = Math.Min(AtLeastOne(parsed.GetValue(s_memory), "--memory"), 1L << 40) << 20,
        FrameDepth = (int)Math.Min(AtLeastOne(parsed.GetValue(s_depth), "--depth"), 100_000),
        AllowsNetwork = parsed.GetValue(s_network),
    };

    private static long AtLeastOne(long value, string option) => value >= 1
        ? value
        : throw new CliException(ExitCodes.Usage,
            string.Create(CultureInfo.InvariantCulture, $"{option} is {value}; it takes a number from 1 on."));

    private static void WriteJson(List<string> printed, Tensor[] outputs) => NbcVerb.Json(json =>
    {
        json.WriteStartArray("printed");
        foreach (string line in printed)
        {
            json.WriteStringValue(line);
        }

        json.WriteEndArray();
        json.WriteStartArray("outputs");
        foreach (Tensor output in outputs)
        {
            TensorWriter.Write(json, output);
        }

        json.WriteEndArray();
    });
}
