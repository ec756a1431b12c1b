using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Nbc.Tensors;
using Noodle.Cli.Inputs;

namespace Noodle.Cli.Tests;

/// <summary>Files made byte by byte, and the reader run on them.</summary>
internal static class InputFiles
{
    public static byte[] Npy(string descr, string shape, byte[] data, string order = "False", byte version = 1)
    {
        string header = $"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n";
        byte[] length = new byte[version == 1 ? 2 : 4];
        length[0] = (byte)header.Length;
        return [0x93, .. "NUMPY"u8, version, 0, .. length, .. Encoding.ASCII.GetBytes(header), .. data];
    }

    /// <summary>A PNG without filters; colour type 0 is grey, 2 is red, green, blue.</summary>
    public static byte[] Png(int width, int height, int colour, byte[] pixels)
    {
        byte[] head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, (byte)colour);
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Fastest))
        {
            int row = pixels.Length / height;
            for (int y = 0; y < height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(pixels, y * row, row);
            }
        }

        return [0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", head), .. Chunk("IDAT", packed.ToArray()),
            .. Chunk("IEND", [])];
    }

    public static TensorSpec Spec(string name, ElementType type, params long[] sizes) => new(name, type, sizes);

    public static float[] Floats(Tensor tensor) =>
        [.. tensor.Data.ToArray().Chunk(4).Select(bytes => BitConverter.ToSingle(bytes))];

    /// <summary>Reads the file as the only input, through standard input.</summary>
    public static async Task<Tensor> ReadAsync(byte[] file, TensorSpec spec, double? scale = null) =>
        Assert.Single(await InputReader.ReadAsync(
            [spec], ["-"], new(() => new MemoryStream(file), scale), CancellationToken.None));

    public static async Task<string> FailAsync(byte[] file, TensorSpec spec) =>
        (await Assert.ThrowsAsync<InputException>(() => ReadAsync(file, spec))).Message;

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] chunk = new byte[data.Length + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk, 8);
        uint crc = uint.MaxValue;
        foreach (byte b in chunk.AsSpan(4, data.Length + 4))
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB88320;
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(data.Length + 8), ~crc);
        return chunk;
    }
}
