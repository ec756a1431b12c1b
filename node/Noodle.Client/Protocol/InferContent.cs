using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Nbc.Tensors;

namespace Noodle.Client.Protocol;

/// <summary>The body of an inference request: JSON, then the tensors' bytes, written from where they lie.</summary>
/// <remarks>
/// Source: Open Inference Protocol v2 with the binary tensor data extension. It can be written more than once.
/// </remarks>
internal sealed class InferContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_octets = new("application/octet-stream");

    private readonly IReadOnlyList<Tensor> _inputs;
    private readonly ReadOnlyMemory<byte> _head;

    /// <param name="inputs">Checked already.</param>
    /// <param name="outputs">Wanted outputs; null for all.</param>
    public InferContent(IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs)
    {
        _inputs = inputs;
        _head = WriteHead(inputs, outputs);
        Headers.ContentType = s_octets;
        Headers.Add(NoodleHeaders.InferenceHeaderLength, _head.Length.ToString(CultureInfo.InvariantCulture));
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken).ConfigureAwait(false);
        foreach (Tensor input in _inputs)
        {
            await stream.WriteAsync(input.Data, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _head.Length;
        foreach (Tensor input in _inputs)
        {
            length += input.Data.Length;
        }

        return true;
    }

    private static ReadOnlyMemory<byte> WriteHead(IReadOnlyList<Tensor> inputs, IReadOnlyList<string>? outputs)
    {
        ArrayBufferWriter<byte> buffer = new();
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        if (outputs is null)
        {
            json.WriteStartObject("parameters");
            json.WriteBoolean("binary_data_output", true);
            json.WriteEndObject();
        }

        json.WriteStartArray("inputs");
        foreach (Tensor input in inputs)
        {
            WriteInput(json, input);
        }

        json.WriteEndArray();
        if (outputs is not null)
        {
            json.WriteStartArray("outputs");
            foreach (string output in outputs)
            {
                json.WriteStartObject();
                json.WriteString("name", output);
                json.WriteStartObject("parameters");
                json.WriteBoolean("binary_data", true);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteInput(Utf8JsonWriter json, Tensor input)
    {
        json.WriteStartObject();
        json.WriteString("name", input.Name);
        json.WriteStartArray("shape");
        foreach (long size in input.Shape)
        {
            json.WriteNumberValue(size);
        }

        json.WriteEndArray();
        json.WriteString("datatype", ElementTypes.NameOf(input.Type));
        json.WriteStartObject("parameters");
        json.WriteNumber("binary_data_size", input.Data.Length);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
