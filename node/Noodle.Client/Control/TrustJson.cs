using System.Text.Json.Serialization;

namespace Noodle.Client.Control;

/// <summary>How the control API of trust is written and read, as <see cref="ControlJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(TrustInfo))]
[JsonSerializable(typeof(NewToken))]
[JsonSerializable(typeof(NewTokenInfo))]
[JsonSerializable(typeof(IReadOnlyList<TokenInfo>))]
[JsonSerializable(typeof(GossipKeysInfo))]
[JsonSerializable(typeof(NewAdmission))]
[JsonSerializable(typeof(AdmittedInfo))]
[JsonSerializable(typeof(IReadOnlyList<WaitingInfo>))]
public sealed partial class TrustJson : JsonSerializerContext;
