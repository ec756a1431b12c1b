using System.Buffers.Binary;

namespace NoodleNet.Link.Datagrams;

/// <summary>What a datagram is, once opened. The numbers are on the wire and never change.</summary>
public enum DatagramKind : byte
{
    /// <summary>May be lost.</summary>
    Once = 0,

    /// <summary>Sent until answered, and delivered once.</summary>
    AtLeastOnce = 1,

    /// <summary>Answers an at-least-once message.</summary>
    Answer = 2,
}

/// <summary>The form of a datagram.</summary>
/// <remarks><code>
/// marker 0xD7 u8 | version 1 u8 | channel u32 | counter u64 | sealed { kind u8 | sequence u64 | payload } | tag 16
/// </code>
/// Meaning: big-endian; the 14 bytes before the sealed part are bound to it. The nonce is channel and counter. The
/// marker is none of memberlist's message types (0 to 13), encryption versions (0, 1) or label mark (244): one UDP
/// port carries both.
/// </remarks>
public static class DatagramFrame
{
    public const byte Marker = 0xD7;

    public const byte Version = 1;

    /// <summary>Most bytes that an application may put into one.</summary>
    public const int MaxPayload = 1200;

    /// <summary>Bytes before the sealed part.</summary>
    public const int HeaderSize = 14;

    /// <summary>Sealed bytes before the payload.</summary>
    public const int InnerSize = 9;

    internal const int TagSize = 16;

    /// <summary>What sealing adds to a payload.</summary>
    public const int Overhead = HeaderSize + InnerSize + TagSize;

    /// <summary>Longest datagram.</summary>
    public const int MaxSize = MaxPayload + Overhead;

    /// <summary>The channel of a datagram of this form; false for any other.</summary>
    public static bool TryReadChannel(ReadOnlySpan<byte> datagram, out uint channel)
    {
        channel = 0;
        if (datagram.Length is < Overhead or > MaxSize || datagram[0] != Marker || datagram[1] != Version)
        {
            return false;
        }

        channel = BinaryPrimitives.ReadUInt32BigEndian(datagram[2..]);
        return true;
    }
}
