using System.Buffers.Binary;
using System.Text;

namespace NoodleNet.Discovery.Wire;

/// <summary>What lies around every packet and stream of one mesh: its label and its encryption.</summary>
/// <remarks>
/// Meaning: only packets with exactly our label pass; with a key ring only sealed ones pass, without one only open
/// ones.
/// The label is bound into the seal, but it is no secret. Nonces come from the caller.
/// A mesh without keys gets them node by node: first all nodes with both Verify switches off, then with
/// <see cref="VerifyOutgoing"/> on, then with both on.
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

    /// <summary>With keys: false lets open packets and streams in as well.</summary>
    public bool VerifyIncoming { get; init; } = true;

    /// <summary>With keys: false sends open packets and streams nevertheless.</summary>
    public bool VerifyOutgoing { get; init; } = true;

    /// <summary>True when something before us has taken the label header away; one that is still there is wrong.
    /// </summary>
    public bool LabelIsStripped { get; init; }

    /// <summary>Form of the seal: 1, or 0 (padded) towards peers that speak protocol 1.</summary>
    public byte SealVersion { get; init; } = 1;

    /// <summary>What the envelope adds to a datagram at most.</summary>
    public int OverheadBytes => _header.Length + (!Seals ? 0
        : SealVersion == 0 ? KeyRing.PaddedOverheadBytes : KeyRing.OverheadBytes);

    internal ReadOnlyMemory<byte> Label { get; }

    internal ReadOnlySpan<byte> LabelHeader => LabelIsStripped ? [] : _header;

    /// <summary>True when open bytes are taken too.</summary>
    internal bool TakesOpen => Keys is null || !VerifyIncoming;

    private bool Seals => Keys is not null && VerifyOutgoing;

    /// <param name="nonce">12 fresh random bytes; not read without a key ring.</param>
    public byte[] SealDatagram(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> nonce) =>
        !Seals ? [.. _header, .. packet] : [.. _header, .. Keys!.Seal(packet, nonce, Label.Span, SealVersion)];

    public WireFault OpenDatagram(ReadOnlyMemory<byte> datagram, out ReadOnlyMemory<byte> packet)
    {
        packet = default;
        if (datagram.IsEmpty)
        {
            return WireFault.Truncated;
        }

        ReadOnlySpan<byte> header = LabelHeader;
        bool labelled = datagram.Span[0] == (byte)MessageType.Label;
        if (labelled == header.IsEmpty || !datagram.Span.StartsWith(header))
        {
            return WireFault.BadLabel;
        }

        ReadOnlyMemory<byte> payload = datagram[header.Length..];
        if (Keys is null)
        {
            packet = payload;
            return WireFault.None;
        }

        WireFault fault = Keys.TryOpen(payload.Span, Label.Span, out byte[] plain);
        bool open = fault != WireFault.None && TakesOpen;
        packet = open ? payload : plain;
        return open ? WireFault.None : fault;
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
        if (!Seals)
        {
            return [.. header, .. plain];
        }

        Span<byte> frame = stackalloc byte[FrameHeaderBytes];
        frame[0] = (byte)MessageType.Encrypt;
        BinaryPrimitives.WriteUInt32BigEndian(frame[1..], (uint)KeyRing.SealedBytes(plain.Length, SealVersion));
        return [.. header, .. frame, .. Keys!.Seal(plain, nonce, [.. frame, .. Label.Span], SealVersion)];
    }
}
