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
    // What is not in our schema (training, annotations of devices) is not kept either.
    private static readonly MessageParser<ModelProto> s_parser = ModelProto.Parser.WithDiscardUnknownFields(true);

    /// <param name="model">The bytes of the file, mapped or in memory; not used after this returns.</param>
    /// <param name="files">The files beside it.</param>
    public static ImportResult Import(
        ReadOnlyMemory<byte> model, IModelFiles files, OnnxImportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(files);
        options ??= new OnnxImportOptions();
        try
        {
            WireScan.Check(model.Span, options.MaxMessages);
            ModelImport import = new(s_parser.ParseFrom(model.Span), files, options);
            import.Run();
            return new ImportResult(
                import.Diagnostics.Count == 0 ? import.Module : null, import.Diagnostics, import.Report);
        }
        catch (ImportException refused)
        {
            return Refuse(refused.Fault, refused.Message);
        }
        catch (InvalidProtocolBufferException broken)
        {
            return Refuse(NtirFault.Malformed, $"the file is no ONNX model: {broken.Message}");
        }
    }

    private static ImportResult Refuse(NtirFault fault, string detail) =>
        new(null, [new Diagnostic(fault, "model", detail)], new ImportReport());
}
