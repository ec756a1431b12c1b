using Ahr.Importers.Onnx.Graphs;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Google.Protobuf;

namespace Ahr.Importers.Onnx;

/// <summary>ONNX model files as modules of NTIR.</summary>
/// <remarks>
/// Meaning: differences between versions of an operator end here: the module holds the newest version of each, or an
/// equal composition. What cannot be said in NTIR is refused by name, or becomes a part for another engine.
/// Bound: everything that a hostile file could ask for is counted before it is made; see
/// <see cref="OnnxImportOptions"/>.
/// </remarks>
public static class OnnxImporter
{
    /// <param name="model">The bytes of the file; not used after this returns.</param>
    /// <param name="files">The files beside it.</param>
    public static ImportResult Import(
        ReadOnlyMemory<byte> model, IModelFiles files, OnnxImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        return Import(() => ModelProto.Parser.ParseFrom(model.Span), files, options);
    }

    /// <param name="model">The content of the file; read to its end.</param>
    /// <param name="files">The files beside it.</param>
    public static ImportResult Import(Stream model, IModelFiles files, OnnxImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(files);
        return Import(() => ModelProto.Parser.ParseFrom(model), files, options);
    }

    private static ImportResult Import(Func<ModelProto> parse, IModelFiles files, OnnxImportOptions? options)
    {
        ModelProto model;
        try
        {
            model = parse();
        }
        catch (InvalidProtocolBufferException broken)
        {
            Diagnostic fault = new(NtirFault.Malformed, "model", $"the file is no ONNX model: {broken.Message}");
            return new ImportResult(null, [fault], new ImportReport());
        }

        ModelImport import = new(model, files, options ?? new OnnxImportOptions());
        import.Run();
        return new ImportResult(
            import.Diagnostics.Count == 0 ? import.Module : null, import.Diagnostics, import.Report);
    }
}
