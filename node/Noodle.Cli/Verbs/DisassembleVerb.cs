using System.CommandLine;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Nbc.Assembly;
using Nbc.Instructions;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle dis MODEL</c>: the program that a model becomes, as assembler text.</summary>
internal static class DisassembleVerb
{
    private const long MostConstantBytes = 64 << 20; // text takes several times as much, in one string

    private static readonly Argument<string> s_model = new("MODEL")
    {
        Description = "ONNX model, or NTIR text; `noodle nbc dis` takes programs",
    };

    public static Command Create()
    {
        var verb = new Command("dis", "Print the bytecode program that a model becomes") { s_model };
        verb.SetAction(parsed =>
        {
            string path = parsed.GetValue(s_model)!;
            ModelFile.Open(path).Dispose();
            (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: true);
            NbcProgram program = NbcCompilation.Compile(module, Path.GetFileName(path));
            long bytes = program.Constants.Sum(constant => constant.Value?.ByteCount ?? 0);
            if (bytes > MostConstantBytes)
            {
                throw new CliException(ExitCodes.Failed,
                    $"The program's {bytes} bytes of weights are more than text is good for; at most " +
                    $"{MostConstantBytes} are printed. `noodle show` tells what is in it.");
            }

            string text = NbcDisassembler.Disassemble(program);
            if (parsed.IsJson())
            {
                Print.Json(printer => printer.Print(json => json.WriteString("text", text)));
            }
            else
            {
                Console.Write(text);
            }
        });
        return verb;
    }
}
