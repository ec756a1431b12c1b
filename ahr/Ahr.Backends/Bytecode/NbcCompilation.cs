using Ahr.Importers;
using Ahr.Importers.Onnx;
using Ahr.Lowering;
using Ahr.Ntir;
using Ahr.Ntir.Binary;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Passes;
using Ahr.Ntir.Text;
using Ahr.Ntir.Verification;
using Nbc.Instructions;

namespace Ahr.Backends.Bytecode;

/// <summary>From a model file to a program: import, verify, optimise, lower.</summary>
/// <remarks>Each step refuses with one sentence that names the model, the node and the way out.</remarks>
public static class NbcCompilation
{
    private const int MostNamed = 3;
    private const int BufferBytes = 1 << 16;

    /// <summary>Reads a model file: ONNX, or NTIR as text or bytes.</summary>
    /// <param name="allowFallback">Whether parts that this program cannot run may go to ONNX Runtime.</param>
    /// <exception cref="BackendException">The file cannot be read, or holds what is not supported.</exception>
    public static (NtirModule Module, ImportReport Report) Import(string path, bool allowFallback)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string name = Path.GetFileName(path);
        if (path.EndsWith(".ntir", StringComparison.OrdinalIgnoreCase))
        {
            return (ReadNtir(path, name), new ImportReport());
        }

        ImportResult result = ReadOnnx(path, new OnnxImportOptions { AllowFallback = allowFallback });
        return result.Module is { } module
            ? (module, result.Report)
            : throw Refusal(name, result.Diagnostics);
    }

    /// <summary>Reads an ONNX file by mapping it; what is wrong with its content is in the result.</summary>
    /// <exception cref="BackendException">The file cannot be read, or is larger than an ONNX file can be.</exception>
    internal static ImportResult ReadOnnx(string path, OnnxImportOptions options)
    {
        string name = Path.GetFileName(path);
        using (FileStream stream = Open(path, name))
        {
            if (stream.Length is 0 or > int.MaxValue)
            {
                throw new BackendException(BackendFault.UnreadableModel, stream.Length == 0
                    ? $"'{name}' is empty: copy or export it again"
                    : $"'{name}' is larger than 2 GiB, as no ONNX file can be: keep its weights beside it");
            }
        }

        MappedModelFiles files = new(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using MappedModelFiles.Window window = MappedModelFiles.Show(path);
        return OnnxImporter.Import(window.Memory, files, options);
    }

    /// <summary>Optimises a module in place and lowers it.</summary>
    /// <exception cref="BackendException">The module is not legal, or operands can never go together.</exception>
    public static NbcProgram Compile(NtirModule module, string name)
    {
        ArgumentNullException.ThrowIfNull(module);
        Refuse(name, Verifier.Check(module));
        Refuse(name, NtirOptimizer.Run(module, KernelFolding.Instance));
        LoweringResult lowered = NtirLowering.Lower(module);
        return lowered.Program ?? throw Refusal(name, lowered.Diagnostics);
    }

    internal static BackendException Refusal(string name, IReadOnlyList<Diagnostic> diagnostics)
    {
        string all = string.Join("; ", diagnostics.Take(MostNamed));
        string more = diagnostics.Count > MostNamed ? $"; and {diagnostics.Count - MostNamed} more" : "";
        bool isUnsupported = diagnostics.Any(diagnostic => diagnostic.Fault == NtirFault.UnknownOperation);
        return new BackendException(
            isUnsupported ? BackendFault.UnsupportedModel : BackendFault.UnreadableModel,
            $"'{name}' cannot be run by Noodle's own engine: {all}{more}");
    }

    private static void Refuse(string name, IReadOnlyList<Diagnostic> diagnostics)
    {
        if (diagnostics.Count > 0)
        {
            throw Refusal(name, diagnostics);
        }
    }

    private static NtirModule ReadNtir(string path, string name)
    {
        using FileStream stream = Open(path, name);
        Span<byte> start = stackalloc byte[sizeof(uint)];
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (NtirBinary.Begins(start[..length]))
        {
            // Its constants are used where the file is mapped; reading all of them to check them would undo that.
            return Accept(NtirBinary.Read(MappedModelFiles.Map(new FileInfo(path)), checkContent: false), name);
        }

        stream.Position = 0;
        using StreamReader reader = new(stream);
        return Accept(NtirParser.Parse(reader.ReadToEnd()), name);
    }

    private static NtirModule Accept(NtirReadResult read, string name) =>
        read.Module ?? throw Refusal(name, [read.Fault!.Value]);

    private static FileStream Open(string path, string name)
    {
        try
        {
            return new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
        }
        catch (Exception reason) when (reason is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BackendException(
                BackendFault.UnreadableModel, $"there is no model file '{name}': check the path", reason);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            throw new BackendException(
                BackendFault.UnreadableModel, $"'{name}' cannot be read: check its permissions and the disk", reason);
        }
    }
}
