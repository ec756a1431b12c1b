using System.Buffers.Binary;

namespace NoodleNet.Link.Transports;

/// <summary>What two nodes tell each other about the ways between them, both as request and as answer.</summary>
/// <remarks><code>
/// version 1 u8 | QUIC port u16 | datagram port u16 | session u64 | channel u32 | key length u8 | key
/// </code>
/// Meaning: big-endian; what follows is skipped. It travels inside TLS, as the header of a call to
/// <see cref="Method"/>, which is how the key stays between the two.
/// </remarks>
/// <param name="QuicPort">UDP port that takes QUIC; 0 for none.</param>
/// <param name="DatagramPort">UDP port that takes datagrams; 0 for none.</param>
/// <param name="Session">A number that the node drew when it first met this peer: another one means a restart.</param>
/// <param name="Channel">In an answer: what the key that was offered is called from now on; 0 when it is not taken.
/// </param>
/// <param name="Key">In a request: what the sender will seal datagrams with; empty for none.</param>
public readonly record struct PathHello(
    ushort QuicPort, ushort DatagramPort, ulong Session, uint Channel, ReadOnlyMemory<byte> Key)
{
    /// <summary>The name of the call.</summary>
    public const string Method = "link.paths";

    private const byte Version = 1;
    private const int FixedSize = 18;

    public byte[] Write()
    {
        byte[] bytes = new byte[FixedSize + Key.Length];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(1), QuicPort);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(3), DatagramPort);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(5), Session);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(13), Channel);
        bytes[17] = (byte)Key.Length;
        Key.Span.CopyTo(bytes.AsSpan(FixedSize));
        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote, or a newer node; false for anything else.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out PathHello hello)
    {
        hello = default;
        if (source.Length < FixedSize || source[0] < Version || source[17] > source.Length - FixedSize
            || source[17] is not (0 or Datagrams.DatagramSealer.KeySize))
        {
            return false;
        }

        hello = new PathHello(
            BinaryPrimitives.ReadUInt16BigEndian(source[1..]),
            BinaryPrimitives.ReadUInt16BigEndian(source[3..]),
            BinaryPrimitives.ReadUInt64BigEndian(source[5..]),
            BinaryPrimitives.ReadUInt32BigEndian(source[13..]),
            source.Slice(FixedSize, source[17]).ToArray());
        return true;
    }

    /// <summary>Tells everything but the key.</summary>
    public override string ToString() => $"QUIC {QuicPort}, datagrams {DatagramPort}, channel {Channel}";
}
