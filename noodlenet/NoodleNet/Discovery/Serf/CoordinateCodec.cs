using System.Buffers;
using MessagePack;
using NoodleNet.Discovery.Wire;
using NoodleNet.Mesh;

namespace NoodleNet.Discovery.Serf;

/// <summary>A network coordinate as it rides in the answers to probes.</summary>
/// <remarks>Form: byte 1 and a msgpack map of Vec, Error, Adjustment and Height.</remarks>
public static class CoordinateCodec
{
    /// <summary>Most dimensions that are read.</summary>
    public const int MaxDimensions = 16;

    private const byte Version = 1;

    public static byte[] Encode(NetworkCoordinate coordinate)
    {
        ArgumentNullException.ThrowIfNull(coordinate);
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw([Version]);
        writer.WriteMapHeader(4);
        writer.Write("Vec");
        writer.WriteArrayHeader(coordinate.Vector.Length);
        foreach (double part in coordinate.Vector.Span)
        {
            writer.Write(part);
        }

        writer.Write("Error");
        writer.Write(coordinate.Error);
        writer.Write("Adjustment");
        writer.Write(coordinate.Adjustment);
        writer.Write("Height");
        writer.Write(coordinate.Height);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null when the bytes are no coordinate of this version, or not all of its numbers are finite.</summary>
    public static NetworkCoordinate? Decode(ReadOnlySpan<byte> payload)
    {
        if (payload is not [Version, .. var body])
        {
            return null;
        }

        var reader = new MsgpackReader(body);
        double[] vector = [];
        double error = 0, adjustment = 0, height = 0;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            switch (reader.ReadRaw())
            {
                case var k when k.SequenceEqual("Vec"u8): vector = ReadVector(ref reader); break;
                case var k when k.SequenceEqual("Error"u8): error = reader.ReadDouble(); break;
                case var k when k.SequenceEqual("Adjustment"u8): adjustment = reader.ReadDouble(); break;
                case var k when k.SequenceEqual("Height"u8): height = reader.ReadDouble(); break;
                default: reader.Skip(); break;
            }
        }

        bool sound = reader.IsSound && vector.Length != 0 && vector.All(double.IsFinite)
            && double.IsFinite(error) && double.IsFinite(adjustment) && double.IsFinite(height);
        return sound ? new NetworkCoordinate(vector, error, adjustment, height) : null;
    }

    private static double[] ReadVector(ref MsgpackReader reader)
    {
        long count = reader.ReadArrayHeader();
        if (count > MaxDimensions)
        {
            reader.Fail(WireFault.TooLarge);
            return [];
        }

        var vector = new double[count];
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = reader.ReadDouble();
        }

        return vector;
    }
}
