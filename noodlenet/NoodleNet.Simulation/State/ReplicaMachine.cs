using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Simulation.State;

/// <summary>One replica of the cluster state: a shipping <see cref="LwwMap"/> compared with those of peers.</summary>
/// <remarks>
/// <code>
/// every interval  --digest--> a random peer --entries of the buckets that differ, and its digest--> here
///                                               here --entries of the buckets that still differ--> the peer
/// </code>
/// Meaning: digests and entries travel as the bytes of the shipping codecs; what cannot be read is counted and passed
/// over. Wall-clock time is this host's own clock. Bound: one message out for one in, one for each interval.
/// </remarks>
public sealed class ReplicaMachine(NodeId node, LwwMap map, int peers, int self, Prng chance)
    : IMachine<ReplicaInput, ReplicaSend>
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private const byte Ask = 1, Answer = 2, Rest = 3;
    private const long WallStartMs = 1_700_000_000_000;
    private readonly HybridClock _clock = Resumed(node, map);
    private readonly Queue<ReplicaSend> _sends = new();

    public Instant? NextDeadline { get; private set; }

    public LwwMap Map => map;

    /// <summary>Messages that were no message.</summary>
    public int Unreadable { get; private set; }

    public void Handle(in ReplicaInput input, Instant now)
    {
        switch (input)
        {
            case ReplicaInput.Start: NextDeadline = now + chance.Next(Interval); break;
            case ReplicaInput.Write write: Write(write, now); break;
            case ReplicaInput.Message message: Take(message, now); break;
            default: throw new UnreachableException();
        }
    }

    public void HandleDeadline(Instant now)
    {
        if (NextDeadline is not { } due || due > now)
        {
            return;
        }

        NextDeadline = now + Interval;
        int to = chance.Next(peers - 1);
        Send(Ask, map.GetDigest(), [], to < self ? to : to + 1);
    }

    public bool TryTakeEffect([MaybeNullWhen(false)] out ReplicaSend effect) => _sends.TryDequeue(out effect);

    private static HybridClock Resumed(NodeId node, LwwMap map)
    {
        var clock = new HybridClock(node);
        clock.Resume(map.LatestStamp);
        return clock;
    }

    private static long WallMs(Instant now) => WallStartMs + (now.Nanoseconds / 1_000_000);

    private void Write(ReplicaInput.Write write, Instant now)
    {
        HybridStamp stamp = _clock.Next(WallMs(now));
        LwwFault fault = write.Value is { } value
            ? map.Set(write.Key, value.Span, stamp)
            : map.Delete(write.Key, stamp);
        Debug.Assert(fault == LwwFault.None, "the newest stamp of all wins");
    }

    private void Take(ReplicaInput.Message message, Instant now)
    {
        ReadOnlySpan<byte> bytes = message.Bytes.Span;
        bool sound = bytes.Length > MapDigest.SizeBytes;
        MapDigest? theirs = null;
        IReadOnlyList<LwwEntry>? entries = null;
        sound = sound && MapDigest.TryRead(bytes.Slice(1, MapDigest.SizeBytes), out theirs)
            && LwwCodec.TryRead(bytes[(1 + MapDigest.SizeBytes)..], map.Limits, out entries);
        if (!sound)
        {
            Unreadable++;
            return;
        }

        map.Merge(entries!.Where(entry => _clock.TryObserve(entry.Stamp, WallMs(now))));
        ulong differs = map.GetDigest().Differences(theirs!);
        if (bytes[0] != Rest && (differs != 0 || bytes[0] == Ask))
        {
            Send(bytes[0] == Ask ? Answer : Rest, map.GetDigest(), map.EntriesIn(differs), message.From);
        }
    }

    private void Send(byte kind, MapDigest digest, IReadOnlyCollection<LwwEntry> entries, int to)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write([kind]);
        digest.Write(buffer);
        LwwCodec.Write(entries, buffer);
        _sends.Enqueue(new ReplicaSend(buffer.WrittenSpan.ToArray(), to));
    }
}
