using System.Net;

namespace NoodleNet.Discovery.Wire;

/// <summary>Reads the body of one message, after its type byte.</summary>
/// <remarks>
/// Meaning: unknown keys are passed over, missing ones leave zero, bytes after the map are ignored.
/// A name that is too long, no text or would do harm in a log makes its message malformed.
/// Bound: names 255 bytes, error sentences 4 KiB; everything else by the bytes at hand.
/// </remarks>
internal static class MessageDecoder
{
    public const int MaxNameBytes = 255;
    private const int MaxErrorBytes = 4096;

    /// <summary>Everything that a datagram may hold, except what wraps other messages.</summary>
    public static GossipMessage? Decode(MessageType type, ReadOnlyMemory<byte> body, out WireFault fault)
    {
        var reader = new MsgpackReader(body.Span);
        GossipMessage? message = type switch
        {
            MessageType.Ping => ReadPing(ref reader),
            MessageType.IndirectPing => ReadIndirectPing(ref reader),
            MessageType.Ack => ReadAck(ref reader),
            MessageType.Nack => new GossipMessage.Nack(ReadAck(ref reader).SeqNo),
            MessageType.Suspect => ReadSuspect(ref reader),
            MessageType.Alive => ReadAlive(ref reader),
            MessageType.Dead => ReadDead(ref reader),
            MessageType.User => new GossipMessage.User(body),
            MessageType.Error => ReadError(ref reader),
            _ => null,
        };
        fault = message is null && reader.IsSound ? WireFault.UnknownType : reader.Fault;
        return reader.IsSound ? message : null;
    }

    /// <summary>The LZW stream inside a compress message.</summary>
    public static byte[] ReadCompressed(ref MsgpackReader reader)
    {
        byte[] packed = [];
        uint algorithm = 0;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            ReadOnlySpan<byte> key = reader.ReadRaw();
            if (key.SequenceEqual("Algo"u8))
            {
                algorithm = reader.ReadUnsigned(byte.MaxValue);
            }
            else if (key.SequenceEqual("Buf"u8))
            {
                packed = reader.ReadBytes();
            }
            else
            {
                reader.Skip();
            }
        }

        if (algorithm != 0)
        {
            reader.Fail(WireFault.BadCompression);
        }

        return packed;
    }

    /// <summary>One node of a push/pull; null, and no fault, when it has no usable name, address or state.</summary>
    /// <remarks>A peer passes on what it once believed: one odd entry must not cut us off from all the others.
    /// </remarks>
    public static MemberRecord? ReadMember(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        return reader.IsSound && fields.IsNamed && fields.State <= (uint)MemberState.Left
            && Endpoints.Read(fields.Address, fields.Port) is { } endpoint
            ? new MemberRecord(fields.Name, endpoint, fields.Meta, fields.Incarnation, (MemberState)fields.State,
                ProtocolVersions.Read(fields.Versions))
            : null;
    }

    /// <summary>Header of a push/pull.</summary>
    public static (uint Nodes, uint UserBytes, bool Join) ReadExchangeHeader(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        return (fields.Nodes, fields.UserBytes, fields.Flag);
    }

    /// <summary>Length of a user message on a stream.</summary>
    public static uint ReadUserLength(ref MsgpackReader reader) => ReadFields(ref reader).UserBytes;

    private static GossipMessage.Ping? ReadPing(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        if (fields.HasBadName)
        {
            return FailAs<GossipMessage.Ping>(ref reader); // an empty name would mean whoever is there
        }

        IPEndPoint? source = Endpoints.Read(fields.SourceAddress, fields.SourcePort);
        return new GossipMessage.Ping(fields.SeqNo, fields.Name, source, fields.SourceName);
    }

    private static GossipMessage.IndirectPing? ReadIndirectPing(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        IPEndPoint? source = Endpoints.Read(fields.SourceAddress, fields.SourcePort);
        if (fields.HasBadName)
        {
            return FailAs<GossipMessage.IndirectPing>(ref reader);
        }

        return EndPointOf(ref reader, fields.Address, fields.Port) is { } target
            ? new GossipMessage.IndirectPing(fields.SeqNo, target, fields.Name, fields.Flag, source, fields.SourceName)
            : null;
    }

    private static GossipMessage.Ack ReadAck(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        return new GossipMessage.Ack(fields.SeqNo, fields.Meta);
    }

    private static GossipMessage.Suspect? ReadSuspect(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        return fields.IsNamed
            ? new GossipMessage.Suspect(fields.Incarnation, fields.Name, fields.From)
            : FailAs<GossipMessage.Suspect>(ref reader);
    }

    private static GossipMessage.Dead? ReadDead(ref MsgpackReader reader) =>
        ReadSuspect(ref reader) is { } rumour
            ? new GossipMessage.Dead(rumour.Incarnation, rumour.Node, rumour.From)
            : null;

    private static GossipMessage.Alive? ReadAlive(ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        return EndPointOf(ref reader, fields.Address, fields.Port) is { } endpoint && fields.IsNamed
            ? new GossipMessage.Alive(
                fields.Incarnation, fields.Name, endpoint, fields.Meta, ProtocolVersions.Read(fields.Versions))
            : FailAs<GossipMessage.Alive>(ref reader);
    }

    private static GossipMessage.Error ReadError(ref MsgpackReader reader) => new(ReadFields(ref reader).Error);

    private static IPEndPoint? EndPointOf(ref MsgpackReader reader, byte[] address, uint port)
    {
        IPEndPoint? endpoint = Endpoints.Read(address, port);
        if (endpoint is null)
        {
            reader.Fail(WireFault.BadAddress);
        }

        return endpoint;
    }

    private static T? FailAs<T>(ref MsgpackReader reader)
        where T : class
    {
        reader.Fail(WireFault.Malformed);
        return null;
    }

    // No key has two meanings in memberlist, so one table of keys reads every message.
    private static Fields ReadFields(ref MsgpackReader reader)
    {
        var fields = new Fields();
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            ReadField(ref reader, ref fields, reader.ReadRaw());
        }

        return fields;
    }

    private static void ReadField(ref MsgpackReader reader, ref Fields fields, ReadOnlySpan<byte> key)
    {
        switch (key)
        {
            case var k when k.SequenceEqual("SeqNo"u8): fields.SeqNo = reader.ReadUnsigned(uint.MaxValue); break;
            case var k when k.SequenceEqual("Incarnation"u8):
                fields.Incarnation = reader.ReadUnsigned(uint.MaxValue);
                break;
            case var k when k.SequenceEqual("Node"u8) || k.SequenceEqual("Name"u8):
                fields.Name = NameOf(ref reader, ref fields);
                break;
            case var k when k.SequenceEqual("From"u8): fields.From = NameOf(ref reader, ref fields); break;
            case var k when k.SequenceEqual("Addr"u8) || k.SequenceEqual("Target"u8):
                fields.Address = reader.ReadBytes();
                break;
            case var k when k.SequenceEqual("Port"u8): fields.Port = reader.ReadUnsigned(ushort.MaxValue); break;
            case var k when k.SequenceEqual("Meta"u8) || k.SequenceEqual("Payload"u8):
                fields.Meta = reader.ReadBytes();
                break;
            case var k when k.SequenceEqual("Vsn"u8): fields.Versions = reader.ReadBytes(); break;
            case var k when k.SequenceEqual("State"u8): fields.State = reader.ReadUnsigned(uint.MaxValue); break;
            case var k when k.SequenceEqual("Nack"u8) || k.SequenceEqual("Join"u8):
                fields.Flag = reader.ReadBool();
                break;
            case var k when k.SequenceEqual("SourceAddr"u8): fields.SourceAddress = reader.ReadBytes(); break;
            case var k when k.SequenceEqual("SourcePort"u8):
                fields.SourcePort = reader.ReadUnsigned(ushort.MaxValue);
                break;
            case var k when k.SequenceEqual("SourceNode"u8): fields.SourceName = reader.ReadText(MaxNameBytes); break;
            case var k when k.SequenceEqual("Nodes"u8): fields.Nodes = reader.ReadUnsigned(int.MaxValue); break;
            case var k when k.SequenceEqual("UserStateLen"u8) || k.SequenceEqual("UserMsgLen"u8):
                fields.UserBytes = reader.ReadUnsigned(int.MaxValue);
                break;
            case var k when k.SequenceEqual("Error"u8): fields.Error = reader.ReadText(MaxErrorBytes); break;
            default: reader.Skip(); break;
        }
    }

    private static string NameOf(ref MsgpackReader reader, ref Fields fields)
    {
        string? name = reader.ReadName(MaxNameBytes);
        fields.HasBadName |= name is null;
        return name ?? "";
    }

    private struct Fields
    {
        public Fields()
        {
        }

        public uint SeqNo, Incarnation, Port, SourcePort, State, Nodes, UserBytes;
        public string Name = "", From = "", SourceName = "", Error = "";
        public byte[] Address = [], Meta = [], Versions = [], SourceAddress = [];
        public bool Flag, HasBadName;

        public readonly bool IsNamed => Name.Length != 0 && !HasBadName;
    }
}
