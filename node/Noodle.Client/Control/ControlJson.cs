using System.Text.Json.Serialization;

namespace Noodle.Client.Control;

/// <summary>How the control API is written and read; the node and the client share it.</summary>
/// <remarks>
/// Meaning: camelCase names, absent instead of null, lists as bare arrays. Unknown members are passed over, so that an
/// older client reads a newer node; a missing member that is not optional makes the text unreadable.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IReadOnlyList<NodeInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ModelInfo>))]
[JsonSerializable(typeof(IReadOnlyList<ReplicaInfo>))]
[JsonSerializable(typeof(IReadOnlyList<DecisionInfo>))]
[JsonSerializable(typeof(IReadOnlyList<TaskInfo>))]
[JsonSerializable(typeof(MeshInfo))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(ErrorInfo))]
public sealed partial class ControlJson : JsonSerializerContext;
