using System.Text.Json.Serialization;
using System.Text.Json;

namespace Noodle.Client.Protocol;

/// <summary>The JSON of an inference answer.</summary>
internal sealed record AnswerHead
{
    public required IReadOnlyList<AnswerOutput> Outputs { get; init; }
}

/// <summary>One output in the JSON of an answer.</summary>
internal sealed record AnswerOutput
{
    public required string Name { get; init; }

    public required string Datatype { get; init; }

    public required long[] Shape { get; init; }

    public AnswerParameters? Parameters { get; init; }

    /// <summary>Elements as JSON; absent when they lie behind the JSON.</summary>
    public JsonElement? Data { get; init; }
}

/// <summary>What Noodle reads of an output's parameters.</summary>
internal sealed record AnswerParameters
{
    [JsonPropertyName("binary_data_size")]
    public int? BinaryDataSize { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AnswerHead))]
internal sealed partial class AnswerJson : JsonSerializerContext;
