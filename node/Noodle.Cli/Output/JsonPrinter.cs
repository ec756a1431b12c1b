using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Nbc.Tensors;
using Noodle.Client;

namespace Noodle.Cli.Output;

/// <summary>Prints data as JSON, for <c>-o json</c>: one document, indented, then a line break.</summary>
internal sealed class JsonPrinter(Stream output)
{
    private static readonly JsonWriterOptions s_indented = new() { Indented = true };

    /// <summary>Prints a value as the control API writes it.</summary>
    public void Print<T>(T value, JsonTypeInfo<T> type) => Write(json => JsonSerializer.Serialize(json, value, type));

    /// <summary>Prints what a model answered.</summary>
    public void Print(string model, InferResult result) => Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("model_name", model);
        json.WriteString("node", result.Node);
        json.WriteString("engine", result.Engine);
        json.WriteString("reason", result.Reason);
        json.WriteNumber("attempts", result.Attempts);
        json.WriteNumber("clientRetries", result.ClientRetries);
        json.WriteNumber("computeUs", (long)result.Compute.TotalMicroseconds);
        WriteOutputs(json, result.Outputs.Tensors);
        json.WriteEndObject();
    });

    /// <summary>Prints the outputs of a model that ran here.</summary>
    public void Print(IReadOnlyList<Tensor> outputs) => Write(json =>
    {
        json.WriteStartObject();
        WriteOutputs(json, outputs);
        json.WriteEndObject();
    });

    /// <summary>Prints one object with what is written into it.</summary>
    public void Print(Action<Utf8JsonWriter> members) => Write(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    private static void WriteOutputs(Utf8JsonWriter json, IReadOnlyList<Tensor> outputs)
    {
        json.WriteStartArray("outputs");
        foreach (Tensor tensor in outputs)
        {
            TensorWriter.Write(json, tensor);
        }

        json.WriteEndArray();
    }

    private void Write(Action<Utf8JsonWriter> write)
    {
        using (Utf8JsonWriter json = new(output, s_indented))
        {
            write(json);
        }

        output.WriteByte((byte)'\n');
        output.Flush();
    }
}
