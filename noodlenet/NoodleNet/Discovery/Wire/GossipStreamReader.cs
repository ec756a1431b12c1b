using System.Buffers.Binary;

namespace NoodleNet.Discovery.Wire;

/// <summary>How far a <see cref="GossipStreamReader"/> has come.</summary>
public enum StreamProgress
{
    /// <summary>More bytes are needed.</summary>
    NeedsMore,

    /// <summary>The message is whole.</summary>
    Done,

    /// <summary>The stream is of no use; the fault says why.</summary>
    Faulted,
}

/// <summary>Reads the one message that each direction of a gossip stream carries, as its bytes arrive.</summary>
/// <remarks>
/// Bound: <see cref="MaxBytes"/> on the wire and twice that unpacked, <see cref="MaxNodes"/> nodes.
/// Cost: bytes are parsed once; after a pause the reader goes on at the first node that was not whole.
/// Meaning: an entry without a usable name, address or state is passed over, the others count.
/// </remarks>
public sealed class GossipStreamReader(GossipEnvelope envelope, bool accepted)
{
    public const int MaxBytes = 20 * 1024 * 1024;
    public const int MaxNodes = 65_536;
    private const int MaxNodeBytes = 64 * 1024;

    private readonly List<MemberRecord> _nodes = [];
    private byte[] _buffer = new byte[4096];
    private int _end, _position, _read;
    private bool _labelRead = !accepted;
    private bool _opened, _final;
    private (uint Nodes, uint UserBytes, bool Join)? _header;

    public GossipMessage? Message { get; private set; }

    public WireFault Fault { get; private set; }

    /// <summary>Takes the next bytes of the stream.</summary>
    public StreamProgress Feed(ReadOnlySpan<byte> bytes)
    {
        if (Message is not null || Fault != WireFault.None)
        {
            return Progress();
        }

        if (bytes.Length > MaxBytes - _end)
        {
            Fault = WireFault.TooLarge;
            return StreamProgress.Faulted;
        }

        Append(bytes);
        WireFault fault = ReadLabel();
        fault = fault == WireFault.None ? ReadFrame() : fault;
        fault = fault == WireFault.None ? ReadMessage() : fault;
        if (fault != WireFault.Truncated || _final)
        {
            Fault = fault;
        }

        return Progress();
    }

    private StreamProgress Progress() =>
        Fault != WireFault.None ? StreamProgress.Faulted
        : Message is not null ? StreamProgress.Done : StreamProgress.NeedsMore;

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _end < bytes.Length)
        {
            Array.Resize(ref _buffer, Math.Max(_end + bytes.Length, Math.Min(2 * _buffer.Length, MaxBytes)));
        }

        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    private ReadOnlySpan<byte> Unread => _buffer.AsSpan(_position, _end - _position);

    private WireFault ReadLabel()
    {
        if (_labelRead)
        {
            return WireFault.None;
        }

        if (Unread.IsEmpty)
        {
            return WireFault.Truncated;
        }

        ReadOnlySpan<byte> label = envelope.LabelHeader;
        bool labelled = Unread[0] == (byte)MessageType.Label;
        ReadOnlySpan<byte> known = Unread[..Math.Min(Unread.Length, label.Length)];
        if (labelled == label.IsEmpty || !label.StartsWith(known))
        {
            return WireFault.BadLabel;
        }

        if (known.Length < label.Length)
        {
            return WireFault.Truncated;
        }

        _position += label.Length;
        _labelRead = true;
        return WireFault.None;
    }

    private WireFault ReadFrame()
    {
        if (_opened)
        {
            return WireFault.None;
        }

        if (Unread.IsEmpty)
        {
            return WireFault.Truncated;
        }

        bool encrypted = Unread[0] == (byte)MessageType.Encrypt;
        if (encrypted ? envelope.Keys is null : !envelope.TakesOpen)
        {
            return encrypted ? WireFault.NoKey : WireFault.NotEncrypted;
        }

        WireFault fault = encrypted ? OpenFrame() : WireFault.None;
        fault = fault == WireFault.None ? Unpack() : fault;
        _opened = fault == WireFault.None;
        return fault;
    }

    private WireFault OpenFrame()
    {
        if (_final)
        {
            return WireFault.None;
        }

        if (Unread.Length < GossipEnvelope.FrameHeaderBytes)
        {
            return WireFault.Truncated;
        }

        ReadOnlySpan<byte> frame = Unread[..GossipEnvelope.FrameHeaderBytes];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(frame[1..]);
        if (length > MaxBytes)
        {
            return WireFault.TooLarge;
        }

        if (Unread.Length - frame.Length < length)
        {
            return WireFault.Truncated;
        }

        WireFault fault = envelope.Keys!.TryOpen(
            Unread.Slice(frame.Length, (int)length), [.. frame, .. envelope.Label.Span], out byte[] plain);
        // A short payload inside a whole frame never becomes longer.
        return fault == WireFault.None ? Replace(plain) : fault == WireFault.Truncated ? WireFault.Malformed : fault;
    }

    private WireFault Unpack()
    {
        if (Unread.IsEmpty)
        {
            return WireFault.Truncated;
        }

        if (Unread[0] != (byte)MessageType.Compress)
        {
            return WireFault.None;
        }

        var reader = new MsgpackReader(Unread[1..]);
        byte[] packed = MessageDecoder.ReadCompressed(ref reader);
        if (!reader.IsSound)
        {
            return FaultOf(reader, reader.Position - packed.Length);
        }

        return Lzw.TryDecompress(packed, 2 * MaxBytes, out byte[] plain, out WireFault fault) ? Replace(plain) : fault;
    }

    private WireFault Replace(byte[] plain)
    {
        (_buffer, _position, _end, _final) = (plain, 0, plain.Length, true);
        return WireFault.None;
    }

    // Every arrival reads such a part anew: one that grows without end would cost its length squared.
    private static WireFault FaultOf(MsgpackReader reader, int bytes) =>
        reader.Fault == WireFault.Truncated && bytes > MaxNodeBytes ? WireFault.TooLarge : reader.Fault;

    private WireFault ReadMessage()
    {
        if (_header is not null)
        {
            return ReadNodes();
        }

        if (Unread.IsEmpty)
        {
            return WireFault.Truncated;
        }

        var type = (MessageType)Unread[0];
        return type switch
        {
            MessageType.PushPull => ReadExchange(),
            MessageType.User => ReadUser(),
            MessageType.Ping or MessageType.Ack or MessageType.Error => ReadSimple(type),
            _ => WireFault.UnknownType,
        };
    }

    private WireFault ReadSimple(MessageType type)
    {
        Message = MessageDecoder.Decode(type, Unread[1..].ToArray(), out WireFault fault);
        return fault == WireFault.Truncated && Unread.Length > MaxNodeBytes ? WireFault.TooLarge : fault;
    }

    private WireFault ReadUser()
    {
        var reader = new MsgpackReader(Unread[1..]);
        uint length = MessageDecoder.ReadUserLength(ref reader);
        if (reader.IsSound && length > MaxBytes)
        {
            return WireFault.TooLarge;
        }

        ReadOnlySpan<byte> body = Unread[(1 + reader.Position)..];
        if (reader.IsSound && body.Length >= length)
        {
            Message = new GossipMessage.User(body[..(int)length].ToArray());
        }

        return !reader.IsSound ? FaultOf(reader, Unread.Length)
            : Message is null ? WireFault.Truncated : WireFault.None;
    }

    private WireFault ReadExchange()
    {
        var reader = new MsgpackReader(Unread[1..]);
        var header = MessageDecoder.ReadExchangeHeader(ref reader);
        if (!reader.IsSound)
        {
            return FaultOf(reader, Unread.Length);
        }

        if (header.Nodes > MaxNodes || header.UserBytes > MaxBytes)
        {
            return WireFault.TooLarge;
        }

        _position += 1 + reader.Position;
        _header = header;
        return ReadNodes();
    }

    private WireFault ReadNodes()
    {
        (uint nodes, uint userBytes, bool join) = _header!.Value;
        while (_read < nodes)
        {
            var reader = new MsgpackReader(Unread);
            MemberRecord? node = MessageDecoder.ReadMember(ref reader);
            if (!reader.IsSound)
            {
                return FaultOf(reader, Unread.Length);
            }

            if (node is not null)
            {
                _nodes.Add(node);
            }

            _read++;
            _position += reader.Position;
        }

        if (Unread.Length < userBytes)
        {
            return WireFault.Truncated;
        }

        Message = new GossipMessage.PushPull(join, _nodes, Unread[..(int)userBytes].ToArray());
        return WireFault.None;
    }
}
