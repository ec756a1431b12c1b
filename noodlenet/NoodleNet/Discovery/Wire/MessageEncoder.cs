using System.Buffers;
using System.Diagnostics;
using System.Net;
using MessagePack;
using static NoodleNet.Discovery.Wire.MsgpackFields;

namespace NoodleNet.Discovery.Wire;

/// <summary>Writes messages: a type byte, then a msgpack map with the keys that memberlist knows.</summary>
/// <remarks>Text and bytes both leave in the old raw family, which every peer of any age reads.</remarks>
internal static class MessageEncoder
{
    private static readonly byte[] TypeBytes =
        [.. Enumerable.Range(0, (int)MessageType.Error + 1).Select(t => (byte)t)];

    public static byte[] Encode(GossipMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        switch (message)
        {
            case GossipMessage.Ping ping: Write(ref writer, ping); break;
            case GossipMessage.IndirectPing ping: Write(ref writer, ping); break;
            case GossipMessage.Ack ack: Write(ref writer, ack); break;
            case GossipMessage.Nack nack:
                Begin(ref writer, MessageType.Nack, 1);
                WriteNumber(ref writer, "SeqNo", nack.SeqNo);
                break;
            case GossipMessage.Suspect suspect:
                Begin(ref writer, MessageType.Suspect, 3);
                WriteRumour(ref writer, suspect.Incarnation, suspect.Node, suspect.From);
                break;
            case GossipMessage.Alive alive: Write(ref writer, alive); break;
            case GossipMessage.Dead dead:
                Begin(ref writer, MessageType.Dead, 3);
                WriteRumour(ref writer, dead.Incarnation, dead.Node, dead.From);
                break;
            case GossipMessage.User user:
                writer.WriteRaw([(byte)MessageType.User]);
                writer.WriteRaw(user.Body.Span);
                break;
            case GossipMessage.PushPull exchange: Write(ref writer, exchange); break;
            case GossipMessage.Error error:
                Begin(ref writer, MessageType.Error, 1);
                writer.Write("Error");
                writer.Write(error.Text);
                break;
            default: throw new UnreachableException();
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A user message as streams carry it: its length in a map, then the bytes.</summary>
    public static byte[] EncodeStreamUser(ReadOnlySpan<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length + 32);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        Begin(ref writer, MessageType.User, 1);
        WriteNumber(ref writer, "UserMsgLen", (uint)body.Length);
        writer.WriteRaw(body);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>LZW around a message.</summary>
    public static byte[] EncodeCompressed(ReadOnlySpan<byte> message)
    {
        byte[] packed = Lzw.Compress(message);
        var buffer = new ArrayBufferWriter<byte>(packed.Length + 32);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        Begin(ref writer, MessageType.Compress, 2);
        WriteNumber(ref writer, "Algo", 0);
        WriteBytes(ref writer, "Buf", packed);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ref MessagePackWriter writer, GossipMessage.Ping ping)
    {
        Begin(ref writer, MessageType.Ping, 2 + SourceFields(ping.Source, ping.SourceNode));
        WriteNumber(ref writer, "SeqNo", ping.SeqNo);
        WriteText(ref writer, "Node", ping.Node);
        WriteSource(ref writer, ping.Source, ping.SourceNode);
    }

    private static void Write(ref MessagePackWriter writer, GossipMessage.IndirectPing ping)
    {
        Begin(ref writer, MessageType.IndirectPing, 5 + SourceFields(ping.Source, ping.SourceNode));
        WriteNumber(ref writer, "SeqNo", ping.SeqNo);
        WriteBytes(ref writer, "Target", Endpoints.AddressBytes(ping.Target));
        WriteNumber(ref writer, "Port", (uint)ping.Target.Port);
        WriteText(ref writer, "Node", ping.Node);
        writer.Write("Nack");
        writer.Write(ping.WantsNack);
        WriteSource(ref writer, ping.Source, ping.SourceNode);
    }

    private static void Write(ref MessagePackWriter writer, GossipMessage.Ack ack)
    {
        Begin(ref writer, MessageType.Ack, 2);
        WriteNumber(ref writer, "SeqNo", ack.SeqNo);
        writer.Write("Payload");
        if (ack.Payload.IsEmpty)
        {
            writer.WriteNil();
        }
        else
        {
            writer.Write(ack.Payload.Span);
        }
    }

    private static void Write(ref MessagePackWriter writer, GossipMessage.Alive alive)
    {
        Begin(ref writer, MessageType.Alive, 6);
        WriteBytes(ref writer, "Addr", Endpoints.AddressBytes(alive.EndPoint));
        WriteNumber(ref writer, "Incarnation", alive.Incarnation);
        WriteBytes(ref writer, "Meta", alive.Meta.Span);
        WriteText(ref writer, "Node", alive.Node);
        WriteNumber(ref writer, "Port", (uint)alive.EndPoint.Port);
        WriteBytes(ref writer, "Vsn", alive.Versions?.ToBytes() ?? []);
    }

    private static void Write(ref MessagePackWriter writer, GossipMessage.PushPull exchange)
    {
        Begin(ref writer, MessageType.PushPull, 3);
        WriteNumber(ref writer, "Nodes", (uint)exchange.Nodes.Count);
        WriteNumber(ref writer, "UserStateLen", (uint)exchange.UserState.Length);
        writer.Write("Join");
        writer.Write(exchange.Join);
        foreach (MemberRecord node in exchange.Nodes)
        {
            writer.WriteMapHeader(7);
            WriteText(ref writer, "Name", node.Name);
            WriteBytes(ref writer, "Addr", Endpoints.AddressBytes(node.EndPoint));
            WriteNumber(ref writer, "Port", (uint)node.EndPoint.Port);
            WriteBytes(ref writer, "Meta", node.Meta.Span);
            WriteNumber(ref writer, "Incarnation", node.Incarnation);
            WriteNumber(ref writer, "State", (uint)node.State);
            WriteBytes(ref writer, "Vsn", node.Versions?.ToBytes() ?? []);
        }

        writer.WriteRaw(exchange.UserState.Span);
    }

    private static void WriteRumour(ref MessagePackWriter writer, uint incarnation, string node, string from)
    {
        WriteText(ref writer, "From", from);
        WriteNumber(ref writer, "Incarnation", incarnation);
        WriteText(ref writer, "Node", node);
    }

    private static int SourceFields(IPEndPoint? source, string name) =>
        (source is null ? 0 : 2) + (name.Length == 0 ? 0 : 1);

    private static void WriteSource(ref MessagePackWriter writer, IPEndPoint? source, string name)
    {
        if (source is not null)
        {
            WriteBytes(ref writer, "SourceAddr", Endpoints.AddressBytes(source));
            WriteNumber(ref writer, "SourcePort", (uint)source.Port);
        }

        if (name.Length != 0)
        {
            WriteText(ref writer, "SourceNode", name);
        }
    }

    private static void Begin(ref MessagePackWriter writer, MessageType type, int fields)
    {
        writer.WriteRaw(TypeBytes.AsSpan((int)type, 1));
        writer.WriteMapHeader(fields);
    }
}
