using System.CommandLine;
using System.Security.Cryptography;
using Ahr.Backends.Bytecode;
using Ahr.Ntir.Graph;
using Nbc.Assembly;
using Nbc.Instructions;
using Nbc.Tensors;
using Noodle.Cli.CommandLine;
using Noodle.Cli.Output;

namespace Noodle.Cli.Verbs;

/// <summary><c>noodle dis MODEL</c>: the program that a model becomes, as assembler text.</summary>
internal static class DisassembleVerb
{
    private const long MostConstantBytes = 64 << 20; // text takes several times as much, in one string
    private const int MostElements = 16; // of a constant that is written out without being asked for

    private static readonly Argument<string> s_model = new("MODEL")
    {
        Description = "ONNX model, or NTIR text; `noodle nbc dis` takes programs",
    };

    private static readonly Option<bool> s_full = new("--full")
    {
        Description = "Write every weight out, so that `noodle nbc asm` can read the text back",
    };

    public static Command Create()
    {
        var verb = new Command("dis", "Print the bytecode program that a model becomes") { s_model, s_full };
        verb.SetAction(parsed =>
        {
            string path = parsed.GetValue(s_model)!;
            ModelFile.Open(path).Dispose();
            (NtirModule module, _) = NbcCompilation.Import(path, allowFallback: true);
            NbcProgram program = NbcCompilation.Compile(module, Path.GetFileName(path));
            long bytes = program.Constants.Sum(constant => constant.Value?.ByteCount ?? 0);
            if (!parsed.GetValue(s_full))
            {
                program = WithoutWeights(program);
            }
            else if (bytes > MostConstantBytes)
            {
                throw new CliException(ExitCodes.Failed,
                    $"The program's {bytes} bytes of weights are more than text is good for; at most " +
                    $"{MostConstantBytes} are printed. Leave --full out: weights are then named by their SHA-256.");
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

    private static NbcProgram WithoutWeights(NbcProgram program) => new()
    {
        Functions = program.Functions,
        Entry = program.Entry,
        Inputs = program.Inputs,
        Outputs = program.Outputs,
        Constants = [.. program.Constants.Select(ByName)],
        Scalars = program.Scalars,
        Attributes = program.Attributes,
        Names = program.Names,
        Globals = program.Globals,
        Metadata = program.Metadata,
    };

    private static NbcConstant ByName(NbcConstant constant) =>
        constant.Value is { Count: > MostElements, Type: not ElementType.String } value
            ? NbcConstant.InBlob(
                constant.Name,
                constant.Type,
                constant.Shape,
                "sha256:" + Convert.ToHexStringLower(SHA256.HashData(value.Bytes())),
                0)
            : constant;
}
