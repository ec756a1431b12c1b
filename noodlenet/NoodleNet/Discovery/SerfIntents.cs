using System.Buffers;
using MessagePack;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>The two words that Serf adds to membership: that a node means to stay, and that it means to go.</summary>
/// <remarks>
/// Meaning: a Serf agent lists who only vanishes as failed; after the word, as left. Nothing is said before a Serf peer
/// was heard. Words are ordered by a Lamport clock, which follows every number heard. Bound: one word waits at a time.
/// </remarks>
internal sealed class SerfIntents(SwimContext context)
{
    private const string Rumour = "\0serf"; // no member has such a name
    private const byte LeaveWord = 0, JoinWord = 1, StateWord = 2;
    private ulong _time = 1;
    private bool _heard;

    /// <summary>True while the last word is still being told.</summary>
    public bool IsSpreading => context.Broadcasts.Contains(Rumour);

    /// <summary>Takes in the user state of a push/pull; what is not Serf's is passed over.</summary>
    public void HearState(ReadOnlySpan<byte> state)
    {
        if (state is [StateWord, .. var body] && TimeOf(body) is { } time)
        {
            _heard = true;
            _time = Math.Max(_time, time);
        }
    }

    /// <summary>Takes in a user message.</summary>
    public void HearMessage(ReadOnlySpan<byte> message)
    {
        if (message is [LeaveWord or JoinWord, .. var body] && TimeOf(body) is { } time && time >= _time)
        {
            _time = time + 1;
        }
    }

    /// <summary>Says that this node is here to stay, which ends what was said of an earlier life.</summary>
    public void SayJoin() => Say(JoinWord);

    /// <summary>Says that this node is about to go; false when nobody cares.</summary>
    public bool TrySayLeave() => Say(LeaveWord);

    private bool Say(byte word)
    {
        if (!_heard)
        {
            return false;
        }

        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write([word]);
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteMapHeader(word == LeaveWord ? 3 : 2);
        writer.Write("LTime");
        writer.Write(_time++);
        writer.Write("Node");
        writer.Write(context.Self);
        if (word == LeaveWord)
        {
            writer.Write("Prune");
            writer.Write(false);
        }

        writer.Flush();
        context.Broadcast(Rumour, new GossipMessage.User(buffer.WrittenMemory));
        return true;
    }

    // A time beyond 32 bits is made up, or of a cluster with a word a second for 136 years.
    private static uint? TimeOf(ReadOnlySpan<byte> body)
    {
        var reader = new MsgpackReader(body);
        uint? time = null;
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound && time is null; left--)
        {
            if (reader.ReadRaw().SequenceEqual("LTime"u8))
            {
                time = reader.ReadUnsigned(uint.MaxValue);
            }
            else
            {
                reader.Skip();
            }
        }

        return reader.IsSound ? time : null;
    }
}
