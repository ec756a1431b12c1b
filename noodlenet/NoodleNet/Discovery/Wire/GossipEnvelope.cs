using System.Buffers.Binary;
using System.Text;

namespace NoodleNet.Discovery.Wire;

/// <summary>What lies around every packet and stream of one mesh: its label and its encryption.</summary>
/// <remarks>
/// Meaning: only packets with exactly our label pass; with a key ring only sealed ones pass, without one only open
/// ones.
/// The label is bound into the seal, but it is no secret. Nonces come from the caller.
/// </remarks>
public sealed class GossipEnvelope
{
    /// <summary>Longest label in bytes.</summary>
    public const int MaxLabelBytes = 255;

    internal const int FrameHeaderBytes = 5;
    private readonly byte[] _header;

    /// <exception cref="ArgumentException">The label takes more than 255 bytes.</exception>
    public GossipEnvelope(string label = "", KeyRing? keys = null)
    {
        ArgumentNullException.ThrowIfNull(label);
        byte[] bytes = Encoding.UTF8.GetBytes(label);
        if (bytes.Length > MaxLabelBytes)
        {
            throw new ArgumentException(
                $"The gossip label takes {bytes.Length} bytes; 255 are allowed.", nameof(label));
        }

        Label = bytes;
        Keys = keys;
        _header = bytes.Length == 0 ? [] : [(byte)MessageType.Label, (byte)bytes.Length, .. bytes];
    }

    /// <summary>Null when gossip is not encrypted.</summary>
    public KeyRing? Keys { get; }

    /// <summary>What the envelope adds to a datagram.</summary>
    public int OverheadBytes => _header.Length + (Keys is null ? 0 : KeyRing.OverheadBytes);

    internal ReadOnlyMemory<byte> Label { get; }

    internal ReadOnlySpan<byte> LabelHeader => _header;

    /// <param name="nonce">12 fresh random bytes; not read without a key ring.</param>
    public byte[] SealDatagram(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> nonce) =>
        Keys is null ? [.. _header, .. packet] : [.. _header, .. Keys.Seal(packet, nonce, Label.Span)];

    public WireFault OpenDatagram(ReadOnlyMemory<byte> datagram, out ReadOnlyMemory<byte> packet)
    {
        packet = default;
        if (datagram.IsEmpty)
        {
            return WireFault.Truncated;
        }

        bool labelled = datagram.Span[0] == (byte)MessageType.Label;
        if (labelled != (_header.Length != 0) || !datagram.Span.StartsWith(_header))
        {
            return WireFault.BadLabel;
        }

        ReadOnlyMemory<byte> payload = datagram[_header.Length..];
        if (Keys is null)
        {
            packet = payload;
            return WireFault.None;
        }

        WireFault fault = Keys.TryOpen(payload.Span, Label.Span, out byte[] plain);
        packet = plain;
        return fault;
    }

    /// <summary>One whole direction of a stream.</summary>
    /// <param name="dialled">True at the side that opened the connection: it alone writes the label header.</param>
    /// <param name="nonce">12 fresh random bytes; not read without a key ring.</param>
    public byte[] SealStream(GossipMessage message, bool dialled, bool compress, ReadOnlySpan<byte> nonce)
    {
        ArgumentNullException.ThrowIfNull(message);
        return SealStream(MessageEncoder.Encode(message), dialled, compress, nonce);
    }

    internal byte[] SealStream(ReadOnlySpan<byte> message, bool dialled, bool compress, ReadOnlySpan<byte> nonce)
    {
        ReadOnlySpan<byte> plain = compress ? MessageEncoder.EncodeCompressed(message) : message;
        ReadOnlySpan<byte> header = dialled ? _header : [];
        if (Keys is null)
        {
            return [.. header, .. plain];
        }

        Span<byte> frame = stackalloc byte[FrameHeaderBytes];
        frame[0] = (byte)MessageType.Encrypt;
        BinaryPrimitives.WriteUInt32BigEndian(frame[1..], (uint)(plain.Length + KeyRing.OverheadBytes));
        return [.. header, .. frame, .. Keys.Seal(plain, nonce, [.. frame, .. Label.Span])];
    }
}
