using System.Net;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery.Serf;

/// <summary>Reads user messages.</summary>
/// <remarks>
/// Meaning: unknown keys are passed over, missing ones leave zero. A name that is no text or would do harm in a log
/// makes its message malformed. Bound: names 255 bytes, event and query names 512, filters
/// <see cref="QueryFilters.MaxFilters"/>; lists by the bytes at hand.
/// </remarks>
internal static class UserMessageDecoder
{
    private const int MaxWordBytes = 512;

    public static UserMessage? Decode(ReadOnlyMemory<byte> message, out WireFault fault)
    {
        if (message.IsEmpty)
        {
            fault = WireFault.Truncated;
            return null;
        }

        var reader = new MsgpackReader(message.Span[1..]);
        UserMessage? decoded = (UserMessageType)message.Span[0] switch
        {
            UserMessageType.State => ReadState(ref reader),
            UserMessageType.Relay => ReadRelay(ref reader, message[1..]),
            UserMessageType.Leave or UserMessageType.Join or UserMessageType.Event or UserMessageType.Query
                or UserMessageType.Response => Assemble((UserMessageType)message.Span[0], ref reader),
            _ => null,
        };
        fault = decoded is null && reader.IsSound ? WireFault.UnknownType : reader.Fault;
        return reader.IsSound ? decoded : null;
    }

    private static UserMessage? Assemble(UserMessageType type, ref MsgpackReader reader)
    {
        Fields fields = ReadFields(ref reader);
        bool named = fields.Name.Length != 0 && !fields.HasBadName;
        if (fields.HasBadName || (!named && type != UserMessageType.Query))
        {
            reader.Fail(WireFault.Malformed);
            return null;
        }

        return type switch
        {
            UserMessageType.Leave => new UserMessage.Leave(fields.Time, fields.Name, fields.Flag),
            UserMessageType.Join => new UserMessage.Join(fields.Time, fields.Name),
            UserMessageType.Event =>
                new UserMessage.Event(new UserEvent(fields.Time, fields.Name, fields.Payload, fields.Flag)),
            UserMessageType.Query => ToQuery(ref reader, fields),
            _ => new UserMessage.Response(fields.Time, fields.Id, fields.Name, fields.Flags, fields.Payload),
        };
    }

    private static UserMessage.Query? ToQuery(ref MsgpackReader reader, Fields fields)
    {
        if (Endpoints.Read(fields.Address, fields.Port) is not { } replyTo)
        {
            reader.Fail(WireFault.BadAddress);
            return null;
        }

        TimeSpan timeout = TimeSpan.FromTicks(
            Math.Min((long)(fields.Timeout / TimeSpan.NanosecondsPerTick), QueryQuestion.LongestTimeout.Ticks));
        return new UserMessage.Query(fields.Time, fields.Id, replyTo, fields.Source, fields.Filters, fields.Flags,
            fields.RelayFactor, timeout, fields.Name, fields.Payload);
    }

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
            case var k when k.SequenceEqual("LTime"u8): fields.Time = reader.ReadNumber(LamportClock.Last); break;
            case var k when k.SequenceEqual("Node"u8) || k.SequenceEqual("From"u8):
                fields.Name = NameOf(ref reader, ref fields, MessageDecoder.MaxNameBytes);
                break;
            case var k when k.SequenceEqual("Name"u8):
                fields.Name = NameOf(ref reader, ref fields, MaxWordBytes);
                break;
            case var k when k.SequenceEqual("SourceNode"u8):
                fields.Source = NameOf(ref reader, ref fields, MessageDecoder.MaxNameBytes);
                break;
            case var k when k.SequenceEqual("Prune"u8) || k.SequenceEqual("CC"u8):
                fields.Flag = reader.ReadBool();
                break;
            case var k when k.SequenceEqual("Payload"u8): fields.Payload = reader.ReadBytes(); break;
            case var k when k.SequenceEqual("ID"u8): fields.Id = reader.ReadUnsigned(uint.MaxValue); break;
            case var k when k.SequenceEqual("Addr"u8): fields.Address = reader.ReadBytes(); break;
            case var k when k.SequenceEqual("Port"u8): fields.Port = reader.ReadUnsigned(ushort.MaxValue); break;
            case var k when k.SequenceEqual("Flags"u8): fields.Flags = reader.ReadUnsigned(uint.MaxValue); break;
            case var k when k.SequenceEqual("RelayFactor"u8):
                fields.RelayFactor = (byte)reader.ReadUnsigned(byte.MaxValue);
                break;
            case var k when k.SequenceEqual("Timeout"u8): fields.Timeout = reader.ReadNumber(long.MaxValue); break;
            case var k when k.SequenceEqual("Filters"u8): fields.Filters = ReadFilters(ref reader); break;
            default: reader.Skip(); break;
        }
    }

    private static List<ReadOnlyMemory<byte>> ReadFilters(ref MsgpackReader reader)
    {
        var filters = new List<ReadOnlyMemory<byte>>();
        long count = reader.ReadArrayHeader();
        if (count > QueryFilters.MaxFilters)
        {
            reader.Fail(WireFault.TooLarge);
        }

        for (; count > 0 && reader.IsSound; count--)
        {
            filters.Add(reader.ReadBytes());
        }

        return filters;
    }

    private static UserMessage.Relay? ReadRelay(ref MsgpackReader reader, ReadOnlyMemory<byte> body)
    {
        string? node = "";
        IPEndPoint? to = null;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            ReadOnlySpan<byte> key = reader.ReadRaw();
            if (key.SequenceEqual("DestAddr"u8))
            {
                to = ReadDestination(ref reader);
            }
            else if (key.SequenceEqual("DestName"u8))
            {
                node = reader.ReadName(MessageDecoder.MaxNameBytes);
            }
            else
            {
                reader.Skip();
            }
        }

        if (to is null || node is null)
        {
            reader.Fail(to is null ? WireFault.BadAddress : WireFault.Malformed);
            return null;
        }

        return new UserMessage.Relay(to, node, body[reader.Position..]);
    }

    private static IPEndPoint? ReadDestination(ref MsgpackReader reader)
    {
        byte[] address = [];
        uint port = 0;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            ReadOnlySpan<byte> key = reader.ReadRaw();
            if (key.SequenceEqual("IP"u8))
            {
                address = reader.ReadBytes();
            }
            else if (key.SequenceEqual("Port"u8))
            {
                port = reader.ReadUnsigned(ushort.MaxValue);
            }
            else
            {
                reader.Skip();
            }
        }

        return Endpoints.Read(address, port);
    }

    private static UserMessage.State ReadState(ref MsgpackReader reader)
    {
        ulong time = 0, eventTime = 0, queryTime = 0;
        var statuses = new List<(string, ulong)>();
        var gone = new List<string>();
        var events = new List<UserEvent>();
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            switch (reader.ReadRaw())
            {
                case var k when k.SequenceEqual("LTime"u8): time = reader.ReadNumber(LamportClock.Last); break;
                case var k when k.SequenceEqual("EventLTime"u8):
                    eventTime = reader.ReadNumber(LamportClock.Last);
                    break;
                case var k when k.SequenceEqual("QueryLTime"u8):
                    queryTime = reader.ReadNumber(LamportClock.Last);
                    break;
                case var k when k.SequenceEqual("StatusLTimes"u8): ReadStatuses(ref reader, statuses); break;
                case var k when k.SequenceEqual("LeftMembers"u8):
                    for (long count = reader.ReadArrayHeader(); count > 0 && reader.IsSound; count--)
                    {
                        gone.Add(reader.ReadName(MessageDecoder.MaxNameBytes) ?? "");
                    }

                    break;
                case var k when k.SequenceEqual("Events"u8): ReadEvents(ref reader, events); break;
                default: reader.Skip(); break;
            }
        }

        return new UserMessage.State(time, statuses, gone, eventTime, events, queryTime);
    }

    private static void ReadStatuses(ref MsgpackReader reader, List<(string, ulong)> statuses)
    {
        for (long count = reader.ReadMapHeader(); count > 0 && reader.IsSound; count--)
        {
            string? name = reader.ReadName(MessageDecoder.MaxNameBytes);
            ulong time = reader.ReadNumber(LamportClock.Last);
            if (name is { Length: > 0 })
            {
                statuses.Add((name, time));
            }
        }
    }

    // An array of slots, most of them nil; each holds the events of one number.
    private static void ReadEvents(ref MsgpackReader reader, List<UserEvent> events)
    {
        for (long slots = reader.ReadArrayHeader(); slots > 0 && reader.IsSound; slots--)
        {
            ulong time = 0;
            int first = events.Count;
            for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
            {
                ReadOnlySpan<byte> key = reader.ReadRaw();
                if (key.SequenceEqual("LTime"u8))
                {
                    time = reader.ReadNumber(LamportClock.Last);
                }
                else if (key.SequenceEqual("Events"u8))
                {
                    for (long count = reader.ReadArrayHeader(); count > 0 && reader.IsSound; count--)
                    {
                        Fields fields = ReadFields(ref reader);
                        if (!fields.HasBadName && fields.Name.Length != 0)
                        {
                            events.Add(new UserEvent(0, fields.Name, fields.Payload, fields.Flag));
                        }
                    }
                }
                else
                {
                    reader.Skip();
                }
            }

            for (int i = first; i < events.Count; i++)
            {
                events[i] = events[i] with { Time = time };
            }
        }
    }

    private static string NameOf(ref MsgpackReader reader, ref Fields fields, int maxBytes)
    {
        string? name = reader.ReadName(maxBytes);
        fields.HasBadName |= name is null;
        return name ?? "";
    }

    private struct Fields
    {
        public Fields()
        {
        }

        public ulong Time, Timeout;
        public uint Id, Port, Flags;
        public byte RelayFactor;
        public string Name = "", Source = "";
        public byte[] Payload = [], Address = [];
        public IReadOnlyList<ReadOnlyMemory<byte>> Filters = [];
        public bool Flag, HasBadName;
    }
}
