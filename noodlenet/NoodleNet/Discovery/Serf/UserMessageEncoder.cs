using System.Buffers;
using MessagePack;
using NoodleNet.Discovery.Wire;
using static NoodleNet.Discovery.Wire.MsgpackFields;

namespace NoodleNet.Discovery.Serf;

/// <summary>Writes user messages: a type byte, then a msgpack map with the keys that Serf knows.</summary>
internal static class UserMessageEncoder
{
    private static readonly byte[] TypeBytes =
        [.. Enumerable.Range(0, (int)UserMessageType.Relay + 1).Select(t => (byte)t)];

    public static byte[] Encode(UserMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        switch (message)
        {
            case UserMessage.Leave leave:
                Begin(ref writer, UserMessageType.Leave, 3);
                WriteNumber(ref writer, "LTime", leave.Time);
                WriteText(ref writer, "Node", leave.Node);
                WriteFlag(ref writer, "Prune", leave.Prune);
                break;
            case UserMessage.Join join:
                Begin(ref writer, UserMessageType.Join, 2);
                WriteNumber(ref writer, "LTime", join.Time);
                WriteText(ref writer, "Node", join.Node);
                break;
            case UserMessage.Event { Word: var word }:
                Begin(ref writer, UserMessageType.Event, 4);
                WriteNumber(ref writer, "LTime", word.Time);
                WriteText(ref writer, "Name", word.Name);
                WriteBytes(ref writer, "Payload", word.Payload.Span);
                WriteFlag(ref writer, "CC", word.Coalesce);
                break;
            case UserMessage.Query query: Write(ref writer, query); break;
            case UserMessage.Response response:
                Begin(ref writer, UserMessageType.Response, 5);
                WriteNumber(ref writer, "LTime", response.Time);
                WriteNumber(ref writer, "ID", response.Id);
                WriteText(ref writer, "From", response.From);
                WriteNumber(ref writer, "Flags", response.Flags);
                WriteBytes(ref writer, "Payload", response.Payload.Span);
                break;
            case UserMessage.Relay relay: Write(ref writer, relay); break;
            case UserMessage.State state: Write(ref writer, state); break;
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A filter: only these nodes.</summary>
    public static byte[] EncodeNodeFilter(IReadOnlyList<string> nodes)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw(TypeBytes.AsSpan(QueryFilters.Nodes, 1));
        writer.WriteArrayHeader(nodes.Count);
        foreach (string node in nodes)
        {
            writer.Write(node);
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A filter: only nodes whose tag matches.</summary>
    public static byte[] EncodeTagFilter(string tag, string expression)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw(TypeBytes.AsSpan(QueryFilters.Tag, 1));
        writer.WriteMapHeader(2);
        WriteText(ref writer, "Tag", tag);
        WriteText(ref writer, "Expr", expression);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(ref MessagePackWriter writer, UserMessage.Query query)
    {
        Begin(ref writer, UserMessageType.Query, 11);
        WriteNumber(ref writer, "LTime", query.Time);
        WriteNumber(ref writer, "ID", query.Id);
        WriteBytes(ref writer, "Addr", Endpoints.AddressBytes(query.ReplyTo));
        WriteNumber(ref writer, "Port", (uint)query.ReplyTo.Port);
        WriteText(ref writer, "SourceNode", query.From);
        writer.Write("Filters");
        writer.WriteArrayHeader(query.Filters.Count);
        foreach (ReadOnlyMemory<byte> filter in query.Filters)
        {
            writer.Write(filter.Span);
        }

        WriteNumber(ref writer, "Flags", query.Flags);
        WriteNumber(ref writer, "RelayFactor", query.RelayFactor);
        WriteNumber(ref writer, "Timeout", (ulong)query.Timeout.Ticks * TimeSpan.NanosecondsPerTick);
        WriteText(ref writer, "Name", query.Name);
        WriteBytes(ref writer, "Payload", query.Payload.Span);
    }

    private static void Write(ref MessagePackWriter writer, UserMessage.Relay relay)
    {
        Begin(ref writer, UserMessageType.Relay, 2);
        writer.Write("DestAddr");
        writer.WriteMapHeader(3);
        WriteBytes(ref writer, "IP", Endpoints.AddressBytes(relay.To));
        WriteNumber(ref writer, "Port", (uint)relay.To.Port);
        WriteText(ref writer, "Zone", "");
        WriteText(ref writer, "DestName", relay.Node);
        writer.WriteRaw(relay.Message.Span);
    }

    private static void Write(ref MessagePackWriter writer, UserMessage.State state)
    {
        Begin(ref writer, UserMessageType.State, 6);
        WriteNumber(ref writer, "LTime", state.Time);
        writer.Write("StatusLTimes");
        writer.WriteMapHeader(state.Statuses.Count);
        foreach ((string name, ulong time) in state.Statuses)
        {
            WriteNumber(ref writer, name, time);
        }

        writer.Write("LeftMembers");
        writer.WriteArrayHeader(state.Left.Count);
        foreach (string name in state.Left)
        {
            writer.Write(name);
        }

        WriteNumber(ref writer, "EventLTime", state.EventTime);
        WriteEvents(ref writer, state.Events);
        WriteNumber(ref writer, "QueryLTime", state.QueryTime);
    }

    // The empty slots of the ring are left out: peers read the number of each slot, not its place.
    private static void WriteEvents(ref MessagePackWriter writer, IReadOnlyList<UserEvent> events)
    {
        IGrouping<ulong, UserEvent>[] slots = [.. events.GroupBy(word => word.Time)];
        writer.Write("Events");
        writer.WriteArrayHeader(slots.Length);
        foreach (IGrouping<ulong, UserEvent> slot in slots)
        {
            writer.WriteMapHeader(2);
            WriteNumber(ref writer, "LTime", slot.Key);
            writer.Write("Events");
            writer.WriteArrayHeader(slot.Count());
            foreach (UserEvent word in slot)
            {
                writer.WriteMapHeader(2);
                WriteText(ref writer, "Name", word.Name);
                WriteBytes(ref writer, "Payload", word.Payload.Span);
            }
        }
    }

    private static void Begin(ref MessagePackWriter writer, UserMessageType type, int fields)
    {
        writer.WriteRaw(TypeBytes.AsSpan((int)type, 1));
        writer.WriteMapHeader(fields);
    }
}
