using System.Text;
using Nbc.Assembly;
using Nbc.Container;
using Nbc.Instructions;
using Nbc.Runtime.Memory;
using Nbc.Values;
using Noodle.Cli.CommandLine;

namespace Noodle.Cli.Programs;

/// <summary>A bytecode program in a file: a container, or assembler text.</summary>
internal static class ProgramFile
{
    private const long MaxTextBytes = 1L << 30;

    /// <exception cref="CliException">It cannot be read, or is neither.</exception>
    public static NbcProgram Read(string path)
    {
        ModelFile.Open(path).Dispose();
        ForeignMemory file = MappedFile.Open(path);
        return IsContainer(file) ? ReadContainer(path, file) : ReadText(path, file);
    }

    private static unsafe bool IsContainer(ForeignMemory file) =>
        file.Length >= 4 && new ReadOnlySpan<byte>(file.Pointer, 4).SequenceEqual("NBC\0"u8);

    private static NbcProgram ReadContainer(string path, ForeignMemory file) =>
        NbcContainer.TryRead(file, checkData: true, out NbcProgram? program, out ContainerFault fault)
            ? program
            : throw new CliException(ExitCodes.Usage, $"{path} is no whole container: {fault}.");

    private static unsafe NbcProgram ReadText(string path, ForeignMemory file)
    {
        if (file.Length > MaxTextBytes)
        {
            throw new CliException(ExitCodes.Usage, $"{path} is no container, and larger than a text may be.");
        }

        string text = Encoding.UTF8.GetString(new ReadOnlySpan<byte>(file.Pointer, (int)file.Length));
        return NbcAssembler.TryAssemble(text, out NbcProgram? program, out AssemblyFault? fault)
            ? program
            : throw new CliException(ExitCodes.Usage, $"{path}, {fault}.");
    }
}
