using System.Buffers;
using System.Text.Json;
using Nbc.Tensors;
using Noodle.Client.Protocol;
using Noodle.Primitives;

namespace Noodle.Bench;

/// <summary>Reads one picture's floats (3 x 224 x 224) from JSON: Noodle's reader and the framework's own.</summary>
internal static class TensorJsonVerb
{
    private const int Elements = 3 * 224 * 224;

    public static Verb Verb { get; } = new(
        "tensor-json", "floats from JSON: Noodle's reader against System.Text.Json into float[]", RunAsync);

    private static Task<IReadOnlyList<Series>> RunAsync(
        BenchOptions options, TextWriter progress, CancellationToken cancellation)
    {
        Prng prng = new(1);
        float[] values = new float[Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)prng.NextDouble();
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(values);
        ArrayBufferWriter<byte> data = new(Elements * sizeof(float));
        Subject[] subjects =
        [
            new("noodle", cancel =>
            {
                data.ResetWrittenCount();
                Utf8JsonReader reader = new(json);
                reader.Read();
                return TensorJson.TryRead(ref reader, ElementType.Float32, data, out _, out string? fault)
                    ? ValueTask.CompletedTask
                    : throw new InvalidOperationException(fault);
            }),
            new("system.text.json", _ =>
            {
                float[]? read = JsonSerializer.Deserialize<float[]>(json);
                return read?.Length == Elements ? ValueTask.CompletedTask : throw new InvalidOperationException();
            }),
        ];
        return Measurement.RunAsync(subjects, options, progress, cancellation);
    }
}
