using System.Text;

namespace Noodle.Bench.Models;

/// <summary>Writes an ONNX model of many matrix products whose weights lie in a file beside it.</summary>
/// <remarks>Shape: <see cref="Layers"/> products of [1, n] by [n, n]. The weights are a pattern of small numbers, so
/// that the file is not sparse; what it computes stays finite.</remarks>
internal static class LargeModel
{
    public const int Layers = 64;
    private const string Weights = "weights.bin";
    private const int Float32 = 1;

    /// <param name="bytes">Of all weights, about.</param>
    /// <returns>The model file; its weights are in the same folder.</returns>
    public static async Task<string> WriteAsync(string folder, long bytes, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        long width = (long)Math.Sqrt(bytes / sizeof(float) / (double)Layers);
        string path = Path.Combine(folder, "large.onnx");
        await File.WriteAllBytesAsync(path, Model(width), cancellation);
        byte[] layer = Layer(width);
        await using FileStream stream = new(
            Path.Combine(folder, Weights), FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20, useAsync: true);
        for (int i = 0; i < Layers; i++)
        {
            await stream.WriteAsync(layer, cancellation);
        }

        return path;
    }

    private static byte[] Layer(long width)
    {
        byte[] layer = new byte[checked(width * width * sizeof(float))];
        Span<float> numbers = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(layer.AsSpan());
        float size = 1 / MathF.Sqrt(width);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = ((i * 7919L) % 1999 / 999f - 1) * size;
        }

        return layer;
    }

    // ModelProto by hand: a field's number and kind, then its bytes; see onnx.proto for the numbers.
    private static byte[] Model(long width)
    {
        List<byte[]> graph = [Text(2, "large")];
        long layerBytes = width * width * sizeof(float);
        for (int i = 0; i < Layers; i++)
        {
            graph.Add(Bytes(1, [Text(1, $"x{i}"), Text(1, $"w{i}"), Text(2, $"x{i + 1}"), Text(4, "MatMul")]));
            graph.Add(Bytes(5,
            [
                Number(1, width), Number(1, width), Number(2, Float32), Text(8, $"w{i}"), Entry("location", Weights),
                Entry("offset", $"{i * layerBytes}"), Entry("length", $"{layerBytes}"), Number(14, 1),
            ]));
        }

        graph.Add(Port(11, "x0", width));
        graph.Add(Port(12, $"x{Layers}", width));
        return Join([Number(1, 8), Bytes(8, [Text(1, ""), Number(2, 17)]), Bytes(7, graph)]);
    }

    private static byte[] Port(int field, string name, long width)
    {
        byte[] shape = Bytes(2, [Bytes(1, [Number(1, 1)]), Bytes(1, [Number(1, width)])]);
        return Bytes(field, [Text(1, name), Bytes(2, [Bytes(1, [Number(1, Float32), shape])])]);
    }

    private static byte[] Entry(string key, string value) => Bytes(13, [Text(1, key), Text(2, value)]);

    private static byte[] Text(int field, string text) => Bytes(field, [Encoding.UTF8.GetBytes(text)]);

    private static byte[] Bytes(int field, IReadOnlyList<byte[]> parts)
    {
        byte[] value = Join(parts);
        return Join([Varint((field << 3) | 2), Varint(value.Length), value]);
    }

    private static byte[] Number(int field, long value) => Join([Varint(field << 3), Varint(value)]);

    private static byte[] Join(IReadOnlyList<byte[]> parts) => [.. parts.SelectMany(part => part)];

    private static byte[] Varint(long value)
    {
        List<byte> bytes = [];
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes.Add((byte)(rest | 0x80));
        }

        bytes.Add((byte)rest);
        return [.. bytes];
    }
}
