using System.CommandLine;
using System.Text.Json;
using Nbc.Assembly;
using Nbc.Container;
using Nbc.Instructions;
using Nbc.Verification;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;
using Noodle.Cli.Programs;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle nbc asm|dis|verify|run FILE</c></summary>
internal static class NbcVerb
{
    private static readonly Argument<string> s_file = new("FILE")
    {
        Description = "A bytecode program: a container (.nbc) or assembler text (.nbca)",
    };

    private static readonly Argument<string> s_to = new("TO") { Description = "Container to write" };

    public static Command Create()
    {
        var assemble = new Command("asm", "Assemble a text into a container") { s_file, s_to };
        assemble.SetAction(Assemble);
        var disassemble = new Command("dis", "Print a program as assembler text") { s_file };
        disassemble.SetAction(Disassemble);
        var verify = new Command("verify", "Tell whether a program is legal, and why not") { s_file };
        verify.SetAction(Verify);
        return new Command("nbc", "Assemble, disassemble, verify or run a bytecode program")
        {
            assemble, disassemble, verify, NbcRunVerb.Create(s_file),
        };
    }

    private static int Assemble(ParseResult parsed)
    {
        NbcProgram program = ProgramFile.Read(parsed.GetValue(s_file)!);
        string to = parsed.GetValue(s_to)!;
        long length;
        try
        {
            using FileStream file = File.Create(to);
            NbcContainer.Write(program, file);
            length = file.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Failed, $"{to} cannot be written: {e.Message}", e);
        }

        if (parsed.IsJson())
        {
            Json(json =>
            {
                json.WriteNumber("bytes", length);
                json.WriteNumber("functions", program.Functions.Length);
                json.WriteNumber("constants", program.Constants.Length);
            });
        }
        else
        {
            Console.WriteLine($"{SafeText.Clean(to)}: {length} bytes, {program.Functions.Length} functions, " +
                $"{program.Constants.Length} constants");
        }

        return ExitCodes.Success;
    }

    private static int Disassemble(ParseResult parsed)
    {
        NbcProgram program = ProgramFile.Read(parsed.GetValue(s_file)!);
        IReadOnlyList<ProgramFault> faults = NbcVerifier.Verify(program);
        if (faults.Count > 0)
        {
            throw new CliException(
                ExitCodes.Failed, $"The program is not legal: {SafeText.Clean(faults[0].ToString())}.");
        }

        string text = NbcDisassembler.Disassemble(program);
        if (parsed.IsJson())
        {
            Json(json => json.WriteString("text", text));
        }
        else
        {
            Console.Write(text);
        }

        return ExitCodes.Success;
    }

    private static int Verify(ParseResult parsed)
    {
        IReadOnlyList<ProgramFault> faults = NbcVerifier.Verify(ProgramFile.Read(parsed.GetValue(s_file)!));
        if (parsed.IsJson())
        {
            Json(json => WriteFaults(json, faults));
        }
        else
        {
            Console.WriteLine(faults.Count == 0 ? "legal" : string.Join('\n', faults.Select(fault =>
                SafeText.Clean(fault.ToString()))));
        }

        return faults.Count == 0 ? ExitCodes.Success : ExitCodes.Failed;
    }

    private static void WriteFaults(Utf8JsonWriter json, IReadOnlyList<ProgramFault> faults)
    {
        json.WriteBoolean("legal", faults.Count == 0);
        json.WriteStartArray("faults");
        foreach (ProgramFault fault in faults)
        {
            json.WriteStartObject();
            json.WriteString("kind", fault.Kind.ToString());
            json.WriteString("function", fault.Function);
            json.WriteNumber("instruction", fault.Instruction);
            json.WriteString("detail", fault.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Prints one object on standard output.</summary>
    internal static void Json(Action<Utf8JsonWriter> write) => Print.Json(printer => printer.Print(write));
}
