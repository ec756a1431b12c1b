using System.Buffers;
using System.Net;
using MessagePack;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>What a node says about the bearer of a name that two nodes use.</summary>
internal static class ConflictAnswer
{
    /// <summary>Null stands for: nobody here knows that name.</summary>
    public static byte[] Encode(Member? member)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw([(byte)UserMessageType.Conflict]);
        if (member is null)
        {
            writer.WriteNil();
        }
        else
        {
            Write(ref writer, member);
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Where the bearer of the name is in the answerer's view; null when it says nothing usable.</summary>
    public static IPEndPoint? Read(ReadOnlySpan<byte> answer)
    {
        if (answer is not [(byte)UserMessageType.Conflict, .. var body])
        {
            return null;
        }

        var reader = new MsgpackReader(body);
        byte[] address = [];
        uint port = 0;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            switch (reader.ReadRaw())
            {
                case var k when k.SequenceEqual("Addr"u8): address = reader.ReadBytes(); break;
                case var k when k.SequenceEqual("Port"u8): port = reader.ReadUnsigned(ushort.MaxValue); break;
                default: reader.Skip(); break;
            }
        }

        return reader.IsSound ? Endpoints.Read(address, port) : null;
    }

    private static void Write(ref MessagePackWriter writer, Member member)
    {
        var tags = NodeTags.Decode(member.Meta.Span);
        (byte min, byte max, byte current, byte serfMin, byte serfMax, byte serfCurrent) = member.Versions;
        writer.WriteMapHeader(11);
        writer.Write("Name");
        writer.Write(member.Name);
        writer.Write("Addr");
        writer.Write(Endpoints.AddressBytes(member.EndPoint));
        writer.Write("Port");
        writer.Write(member.EndPoint.Port);
        writer.Write("Tags");
        writer.WriteMapHeader(tags.Count);
        foreach ((string key, string value) in tags)
        {
            writer.Write(key);
            writer.Write(value);
        }

        writer.Write("Status");
        writer.Write(member.State switch { MemberState.Dead => 4, MemberState.Left => 3, _ => 1 });
        WriteVersion(ref writer, "ProtocolMin", min);
        WriteVersion(ref writer, "ProtocolMax", max);
        WriteVersion(ref writer, "ProtocolCur", current);
        WriteVersion(ref writer, "DelegateMin", serfMin);
        WriteVersion(ref writer, "DelegateMax", serfMax);
        WriteVersion(ref writer, "DelegateCur", serfCurrent);
    }

    private static void WriteVersion(ref MessagePackWriter writer, string key, byte value)
    {
        writer.Write(key);
        writer.Write(value);
    }
}
