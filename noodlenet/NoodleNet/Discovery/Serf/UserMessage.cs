using System.Net;

namespace NoodleNet.Discovery.Serf;

/// <summary>First byte of a user message; the numbers are Serf's and frozen.</summary>
internal enum UserMessageType : byte
{
    Leave = 0,
    Join = 1,
    State = 2,
    Event = 3,
    Query = 4,
    Response = 5,
    Conflict = 6,
    KeyRequest = 7,
    KeyResponse = 8,
    Relay = 9,
}

/// <summary>What Serf agents say to each other inside memberlist's user messages.</summary>
internal abstract record UserMessage
{
    private UserMessage()
    {
    }

    /// <summary>A node means to go, or an operator says so of a failed one.</summary>
    public sealed record Leave(ulong Time, string Node, bool Prune) : UserMessage;

    /// <summary>A node means to stay.</summary>
    public sealed record Join(ulong Time, string Node) : UserMessage;

    public sealed record Event(UserEvent Word) : UserMessage;

    public sealed record Query(
        ulong Time, uint Id, IPEndPoint ReplyTo, string From, IReadOnlyList<ReadOnlyMemory<byte>> Filters, uint Flags,
        byte RelayFactor, TimeSpan Timeout, string Name, ReadOnlyMemory<byte> Payload) : UserMessage
    {
        public const uint AckFlag = 1, NoBroadcastFlag = 2;

        public bool WantsAck => (Flags & AckFlag) != 0;

        public bool IsToldOn => (Flags & NoBroadcastFlag) == 0;
    }

    public sealed record Response(ulong Time, uint Id, string From, uint Flags, ReadOnlyMemory<byte> Payload)
        : UserMessage
    {
        public const uint AckFlag = 1;

        public bool IsAck => (Flags & AckFlag) != 0;
    }

    /// <summary>Somebody asks to pass a user message on.</summary>
    public sealed record Relay(IPEndPoint To, string Node, ReadOnlyMemory<byte> Message) : UserMessage;

    /// <summary>What the agents know beside the members, in a push/pull.</summary>
    public sealed record State(
        ulong Time, IReadOnlyList<(string Name, ulong Time)> Statuses, IReadOnlyList<string> Left, ulong EventTime,
        IReadOnlyList<UserEvent> Events, ulong QueryTime) : UserMessage;
}
