using System.Buffers.Binary;
using System.Diagnostics;

namespace NoodleNet.Discovery.Wire;

/// <summary>Wraps encoded messages into one packet, ready to be sealed.</summary>
internal static class PacketBuilder
{
    /// <summary>Most messages in one compound.</summary>
    public const int MaxParts = 255;

    /// <summary>Bytes of an empty compound.</summary>
    public const int CompoundBytes = 2;

    /// <summary>Bytes that each message costs in a compound beside itself.</summary>
    public const int PartBytes = 2;

    public static byte[] Build(IReadOnlyList<byte[]> messages, bool compress, bool checksum)
    {
        byte[] packet = messages.Count == 1 ? messages[0] : Compound(messages);
        if (compress && MessageEncoder.EncodeCompressed(packet) is var smaller && smaller.Length < packet.Length)
        {
            packet = smaller;
        }

        return checksum ? WithChecksum(packet) : packet;
    }

    public static byte[] Compound(IReadOnlyList<byte[]> messages)
    {
        Debug.Assert(messages.Count <= MaxParts);
        var packet = new byte[CompoundBytes + messages.Sum(message => message.Length + PartBytes)];
        packet[0] = (byte)MessageType.Compound;
        packet[1] = (byte)messages.Count;
        int table = CompoundBytes, body = CompoundBytes + (PartBytes * messages.Count);
        foreach (byte[] message in messages)
        {
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(table), checked((ushort)message.Length));
            message.CopyTo(packet, body);
            table += PartBytes;
            body += message.Length;
        }

        return packet;
    }

    public static byte[] WithChecksum(ReadOnlySpan<byte> packet)
    {
        var wrapped = new byte[1 + sizeof(uint) + packet.Length];
        wrapped[0] = (byte)MessageType.Crc;
        BinaryPrimitives.WriteUInt32BigEndian(wrapped.AsSpan(1), Crc32.Compute(packet));
        packet.CopyTo(wrapped.AsSpan(1 + sizeof(uint)));
        return wrapped;
    }
}
