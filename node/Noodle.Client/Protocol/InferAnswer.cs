using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Nbc.Tensors;

namespace Noodle.Client.Protocol;

/// <summary>Reads the body of an inference answer into tensors that are slices of it.</summary>
/// <remarks>Nothing a server sends makes it throw: what is wrong comes back as part of a sentence.</remarks>
internal static class InferAnswer
{
    /// <summary>Cuts a body into tensors.</summary>
    /// <param name="headLength">Value of the inference header; null when the whole body is JSON.</param>
    /// <param name="wanted">Outputs asked for, which sets the order; null for all, in the server's order.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> body,
        string? headLength,
        IReadOnlyList<string>? wanted,
        [NotNullWhen(true)] out IReadOnlyList<Tensor>? tensors,
        [NotNullWhen(false)] out string? fault)
    {
        tensors = null;
        int head = body.Length;
        if (headLength is not null && !(int.TryParse(
            headLength, NumberStyles.None, CultureInfo.InvariantCulture, out head) && head <= body.Length))
        {
            fault = $"the header {NoodleHeaders.InferenceHeaderLength} does not fit a body of {body.Length} bytes";
            return false;
        }

        if (!TryReadHead(body.Span[..head], out AnswerHead? answer))
        {
            fault = "the body is not the JSON of an inference answer";
            return false;
        }

        List<Tensor> list = [];
        ReadOnlyMemory<byte> rest = body[head..];
        foreach (AnswerOutput output in answer.Outputs)
        {
            if (!TryReadOutput(output, ref rest, out Tensor? tensor, out fault))
            {
                return false;
            }

            list.Add(tensor);
        }

        fault = rest.IsEmpty ? null : $"{rest.Length} bytes are left after the last output";
        return fault is null && TryOrder(list, wanted, out tensors, out fault);
    }

    private static bool TryReadHead(ReadOnlySpan<byte> json, [NotNullWhen(true)] out AnswerHead? head)
    {
        try
        {
            head = JsonSerializer.Deserialize(json, AnswerJson.Default.AnswerHead);
        }
        catch (JsonException)
        {
            head = null;
        }

        return head is not null && head.Outputs.All(output => output is not null);
    }

    private static bool TryReadOutput(
        AnswerOutput output,
        ref ReadOnlyMemory<byte> rest,
        [NotNullWhen(true)] out Tensor? tensor,
        [NotNullWhen(false)] out string? fault)
    {
        tensor = null;
        if (!ElementTypes.TryParse(output.Datatype, out ElementType type))
        {
            fault = $"output '{output.Name}' is of datatype '{output.Datatype}', which Noodle does not know";
            return false;
        }

        ReadOnlyMemory<byte> data = default;
        if (output.Parameters?.BinaryDataSize is { } size)
        {
            if (size < 0 || size > rest.Length)
            {
                fault = $"output '{output.Name}' says {size} bytes, {rest.Length} are left";
                return false;
            }

            (data, rest) = (rest[..size], rest[size..]);
        }
        else if (output.Data is not { } elements)
        {
            fault = $"output '{output.Name}' has no data";
            return false;
        }
        else if (!TryReadElements(elements, type, out data, out string? why))
        {
            fault = $"output '{output.Name}': {why}";
            return false;
        }

        tensor = new Tensor(output.Name, type, output.Shape, data);
        fault = tensor.TryValidate(out string? mismatch) ? null : $"output '{output.Name}': {mismatch}";
        return fault is null;
    }

    private static bool TryReadElements(
        JsonElement elements, ElementType type, out ReadOnlyMemory<byte> data, out string? fault)
    {
        ArrayBufferWriter<byte> buffer = new();
        Utf8JsonReader reader = new(JsonSerializer.SerializeToUtf8Bytes(elements, AnswerJson.Default.JsonElement));
        reader.Read();
        bool read = TensorJson.TryRead(ref reader, type, buffer, out _, out fault);
        data = buffer.WrittenMemory;
        return read;
    }

    private static bool TryOrder(
        List<Tensor> given,
        IReadOnlyList<string>? wanted,
        [NotNullWhen(true)] out IReadOnlyList<Tensor>? tensors,
        [NotNullWhen(false)] out string? fault)
    {
        tensors = null;
        Dictionary<string, Tensor> byName = new(StringComparer.Ordinal);
        foreach (Tensor tensor in given)
        {
            if (!byName.TryAdd(tensor.Name, tensor))
            {
                fault = $"output '{tensor.Name}' is there twice";
                return false;
            }
        }

        List<Tensor> ordered = wanted is null ? given : [];
        foreach (string name in wanted ?? [])
        {
            if (!byName.TryGetValue(name, out Tensor? tensor))
            {
                fault = $"output '{name}' is missing";
                return false;
            }

            ordered.Add(tensor);
        }

        (tensors, fault) = (ordered, null);
        return true;
    }
}
