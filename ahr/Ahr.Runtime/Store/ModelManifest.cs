using System.Text.Json.Serialization;

namespace Ahr.Runtime;

/// <summary>What is worth knowing of a stored model without opening it; a JSON file beside the model.</summary>
/// <param name="Digest">SHA-256 of the file, 64 lower-case hexadecimal digits.</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Platform">As the Open Inference Protocol names it: <c>onnxruntime_onnx</c>.</param>
/// <param name="Source">Where it came from, for people: a file name or a node; never a path.</param>
/// <param name="ImportedAt">When it came into this store.</param>
public sealed record ModelManifest(
    string Digest, long SizeBytes, string Platform, string Source, DateTimeOffset ImportedAt);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
