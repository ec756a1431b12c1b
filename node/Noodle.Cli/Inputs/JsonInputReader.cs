using System.Buffers;
using System.Text.Json;
using Nbc.Tensors;
using Noodle.Client.Protocol;

namespace Noodle.Cli.Inputs;

/// <summary>Reads inputs from JSON: an inference request, an object from name to array, or one bare array.</summary>
/// <remarks>Bound: lists nest at most 64 deep.</remarks>
internal static class JsonInputReader
{
    /// <summary>Reads one bare value for one input.</summary>
    /// <exception cref="InputException">It is not JSON, or not what the input takes.</exception>
    public static Tensor ReadOne(InputSource source, TensorSpec spec)
    {
        return Read(source, root => ToTensor(source, spec, root));
    }

    /// <summary>Reads all inputs of a file.</summary>
    /// <param name="find">The input of a name; throws for an unknown one.</param>
    /// <param name="left">The input for a bare array.</param>
    /// <exception cref="InputException">It is not JSON, or not what the inputs take.</exception>
    public static IReadOnlyList<Tensor> ReadAll(
        InputSource source, Func<string, TensorSpec> find, Func<TensorSpec> left) =>
        Read(source, root => ReadRoot(source, root, find, left));

    private static List<Tensor> ReadRoot(
        InputSource source, JsonElement root, Func<string, TensorSpec> find, Func<TensorSpec> left)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return [ToTensor(source, left(), root)];
        }

        if (root.TryGetProperty("inputs", out JsonElement inputs) && inputs.ValueKind == JsonValueKind.Array &&
            inputs.EnumerateArray().All(input => input.ValueKind == JsonValueKind.Object))
        {
            return [.. inputs.EnumerateArray().Select(input => ReadRequestInput(source, input, find))];
        }

        return [.. root.EnumerateObject().Select(member => ToTensor(source, find(member.Name), member.Value))];
    }

    private static Tensor ReadRequestInput(InputSource source, JsonElement input, Func<string, TensorSpec> find)
    {
        string name = Text(input, "name") ?? throw new InputException(
            $"{source.Label}: an input of the request has no name; write {{\"name\": ..., \"data\": ...}}.");
        TensorSpec spec = find(name);
        if (Text(input, "datatype") is { } datatype && datatype != ElementTypes.NameOf(spec.Type))
        {
            throw new InputException(
                $"{source.Label}: input '{name}' is given as '{datatype}', the model takes {spec}; " +
                "change the datatype.");
        }

        if (!input.TryGetProperty("data", out JsonElement data))
        {
            throw new InputException(
                $"{source.Label}: input '{name}' has no data; binary data is not read from a file.");
        }

        return ToTensor(source, spec, data, input.TryGetProperty("shape", out JsonElement shape) ? shape : null);
    }

    private static Tensor ToTensor(InputSource source, TensorSpec spec, JsonElement value, JsonElement? given = null)
    {
        ArrayBufferWriter<byte> json = new(), data = new();
        using (Utf8JsonWriter writer = new(json))
        {
            value.WriteTo(writer);
        }

        Utf8JsonReader reader = new(json.WrittenSpan);
        reader.Read();
        if (!TensorJson.TryRead(ref reader, spec.Type, data, out long[] shape, out string? fault))
        {
            throw new InputException($"{source.Label}: input '{spec.Name}': {fault}; the model takes {spec}.");
        }

        long[] wanted = given is { } element ? ReadShape(source, spec, element, shape) : shape;
        return new Tensor(spec.Name, spec.Type, ShapeFit.Fit(source, spec, wanted), data.WrittenMemory);
    }

    private static long[] ReadShape(InputSource source, TensorSpec spec, JsonElement element, long[] natural)
    {
        long[]? shape = null;
        if (element.ValueKind == JsonValueKind.Array)
        {
            shape = [.. element.EnumerateArray().Select(
                size => size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out long value) ? value : -1)];
        }

        bool holds = Tensor.TryCount(shape ?? [-1], out long count) && Tensor.TryCount(natural, out long have) &&
            count == have;
        return holds ? shape! : throw new InputException(
            $"{source.Label}: input '{spec.Name}' has not as many elements as its shape says; correct the shape.");
    }

    private static T Read<T>(InputSource source, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                source.Bytes.Span.StartsWith("\uFEFF"u8) ? source.Bytes[3..] : source.Bytes);
            return read(document.RootElement);
        }
        catch (InvalidOperationException e)
        {
            throw new InputException($"{source.Label} has text in it that is not Unicode; save it as UTF-8.", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{source.Label} is not JSON at line {e.LineNumber + 1}; correct it there.", e);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
