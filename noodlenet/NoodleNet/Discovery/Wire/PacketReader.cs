using System.Buffers.Binary;

namespace NoodleNet.Discovery.Wire;

/// <summary>Unwraps an opened datagram into its messages.</summary>
/// <remarks>
/// Meaning: a part that is broken or unknown is left out and named as the fault; the sound parts still count.
/// Bound: <see cref="MaxDepth"/> layers, <see cref="MaxMessages"/> messages, <see cref="MaxUnpackedBytes"/> unpacked.
/// </remarks>
public static class PacketReader
{
    public const int MaxDepth = 4;
    public const int MaxMessages = 1024;
    public const int MaxUnpackedBytes = 256 * 1024;

    /// <summary>Adds the messages of <paramref name="packet"/> to <paramref name="messages"/>.</summary>
    /// <returns>The first fault that was met.</returns>
    public static WireFault Read(ReadOnlyMemory<byte> packet, ICollection<GossipMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (packet.IsEmpty)
        {
            return WireFault.Truncated;
        }

        int unpackedLeft = MaxUnpackedBytes;
        if ((MessageType)packet.Span[0] != MessageType.Crc)
        {
            return ReadLayer(packet, messages, 0, ref unpackedLeft);
        }

        if (packet.Length < 1 + sizeof(uint) + 1)
        {
            return WireFault.Truncated;
        }

        uint expected = BinaryPrimitives.ReadUInt32BigEndian(packet.Span[1..]);
        ReadOnlyMemory<byte> inner = packet[(1 + sizeof(uint))..];
        return Crc32.Compute(inner.Span) == expected
            ? ReadLayer(inner, messages, 0, ref unpackedLeft)
            : WireFault.BadChecksum;
    }

    private static WireFault ReadLayer(
        ReadOnlyMemory<byte> bytes, ICollection<GossipMessage> messages, int depth, ref int unpackedLeft)
    {
        if (bytes.IsEmpty)
        {
            return WireFault.Truncated;
        }

        if (depth == MaxDepth || messages.Count >= MaxMessages)
        {
            return WireFault.TooLarge;
        }

        var type = (MessageType)bytes.Span[0];
        ReadOnlyMemory<byte> body = bytes[1..];
        switch (type)
        {
            case MessageType.Compound: return ReadCompound(body, messages, depth, ref unpackedLeft);
            case MessageType.Compress: return ReadCompressed(body, messages, depth, ref unpackedLeft);
            case MessageType.Error: return WireFault.UnknownType; // means something on streams only
        }

        if (MessageDecoder.Decode(type, body, out WireFault fault) is { } message)
        {
            messages.Add(message);
        }

        return fault;
    }

    private static WireFault ReadCompound(
        ReadOnlyMemory<byte> body, ICollection<GossipMessage> messages, int depth, ref int unpackedLeft)
    {
        int count = body.IsEmpty ? 0 : body.Span[0];
        int start = 1 + (2 * count);
        if (body.Length < start)
        {
            return WireFault.Truncated;
        }

        WireFault first = WireFault.None;
        for (int i = 0; i < count; i++)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(body.Span[(1 + (2 * i))..]);
            if (body.Length - start < length)
            {
                return first == WireFault.None ? WireFault.Truncated : first;
            }

            WireFault fault = ReadLayer(body.Slice(start, length), messages, depth + 1, ref unpackedLeft);
            first = first == WireFault.None ? fault : first;
            start += length;
        }

        return first;
    }

    private static WireFault ReadCompressed(
        ReadOnlyMemory<byte> body, ICollection<GossipMessage> messages, int depth, ref int unpackedLeft)
    {
        var reader = new MsgpackReader(body.Span);
        byte[] packed = MessageDecoder.ReadCompressed(ref reader);
        if (!reader.IsSound)
        {
            return reader.Fault;
        }

        if (!Lzw.TryDecompress(packed, unpackedLeft, out byte[] data, out WireFault fault))
        {
            return fault;
        }

        unpackedLeft -= data.Length;
        return data.Length == 0
            ? WireFault.BadCompression
            : ReadLayer(data, messages, depth + 1, ref unpackedLeft);
    }
}
