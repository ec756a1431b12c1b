using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace Noodle.Node.Mesh;

/// <summary>What all nodes hold in common, on this node's disk and in its memory.</summary>
/// <remarks>
/// Meaning: a write is on disk before it is told to anybody. <see cref="StateKeys"/> names what stands where, and how
/// it merges. A tombstone is kept for 30 days: whoever was away for less learns of the deletion. To forget it sooner,
/// when all known members have seen it, would let a member that nobody remembers bring the key back.
/// Bound: <see cref="LwwLimits"/>. Safe for several threads.
/// </remarks>
internal sealed class ClusterState : IDisposable
{
    private static readonly TimeSpan s_tombstoneAge = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private readonly Lock _counting = new();
    private readonly NodeId _self;
    private readonly LwwLimits _limits = new();
    private readonly LwwMap _map;
    private readonly HybridClock _clock;
    private readonly IStateStore _store;
    private readonly Dictionary<string, LwwEntry> _unsaved = new(StringComparer.Ordinal); // of peers; a subset of _map
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile byte[] _summary;
    private long _collectedHour;

    /// <exception cref="StorageException">The store cannot be used.</exception>
    public ClusterState(NodeId self, IStateStore store, TimeProvider time, ILogger log)
    {
        _self = self;
        _map = new LwwMap(_limits);
        _clock = new HybridClock(self);
        _store = store;
        _time = time;
        _log = log;
        store.Load(_map);
        _clock.Resume(_map.LatestStamp);
        _summary = Summarise();
        CollectTombstones();
    }

    /// <summary>Raised after every change, on the thread that made it; handlers are quick.</summary>
    public event Action? Changed;

    /// <summary>Raised with entries written by this node, to be sent to all others.</summary>
    public event Action<ReadOnlyMemory<byte>>? Written;

    /// <summary>16 bytes that are equal on two nodes if, and only if, they hold the same.</summary>
    public ReadOnlyMemory<byte> Summary => _summary;

    private long WallMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Living entries whose key starts with a prefix, in order of their keys.</summary>
    public IReadOnlyList<(string Key, ReadOnlyMemory<byte> Value)> List(string prefix)
    {
        lock (_gate)
        {
            return [.. _map.Entries.Where(entry =>
                !entry.IsTombstone && entry.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(entry => (entry.Key, entry.Value!.Value))];
        }
    }

    public bool TryGet(string key, out ReadOnlyMemory<byte> value)
    {
        lock (_gate)
        {
            return _map.TryGet(key, out value);
        }
    }

    /// <summary>Writes a key; null deletes it.</summary>
    /// <returns>
    /// None; Stale when the key's rule keeps what is there (it was revoked before); or why it cannot be taken.
    /// </returns>
    /// <exception cref="StorageException">The disk refuses; nothing is written, and nobody is told.</exception>
    public LwwFault Write(string key, byte[]? value)
    {
        LwwEntry entry;
        lock (_gate)
        {
            ReadOnlyMemory<byte>? content = value is null ? (ReadOnlyMemory<byte>?)null : value.ToArray();
            entry = new LwwEntry(key, _clock.Next(WallMs), content);
            LwwFault fault = _map.Examine(entry);
            if (fault != LwwFault.None)
            {
                return fault;
            }

            _store.Save([.. _unsaved.Values, entry], untilOnDisk: true);
            _unsaved.Clear();
            _map.Merge([entry]);
            _summary = Summarise();
        }

        Changed?.Invoke();
        Written?.Invoke(Encode([entry]));
        return LwwFault.None;
    }

    /// <summary>Forgets deletions that are old enough; at most once an hour there is something to do.</summary>
    public void CollectTombstones()
    {
        lock (_gate)
        {
            long hour = WallMs / 3_600_000; // as the map does, so that all nodes forget at nearly the same time
            if (hour == _collectedHour)
            {
                return;
            }

            _collectedHour = hour;
            IReadOnlyList<string> forgotten = _map.CollectTombstones(WallMs, s_tombstoneAge);
            if (forgotten.Count == 0)
            {
                return;
            }

            _summary = Summarise();
            try
            {
                _store.Forget(forgotten);
            }
            catch (StorageException e)
            {
                Log.StateNotKept(_log, e.Message); // they are old when they are read again, and go then
            }
        }
    }

    /// <summary>Adds to what this node has counted under a prefix of rule <see cref="MergeRule.Greatest"/>.</summary>
    /// <exception cref="StorageException">The disk refuses; nothing is counted.</exception>
    public LwwFault Count(string counter, ulong more)
    {
        string key = StateKeys.CounterOf(counter, _self);
        lock (_counting) // of two that count at once both count
        {
            ulong before = TryGet(key, out ReadOnlyMemory<byte> value) ? StateKeys.ReadNumber(value.Span) : 0;
            return Write(key, StateKeys.Number(before + more));
        }
    }

    /// <summary>What all nodes have counted, as far as this one has heard.</summary>
    public ulong CountOf(string counter)
    {
        ulong sum = 0;
        foreach ((_, ReadOnlyMemory<byte> value) in List(counter + "/"))
        {
            sum += StateKeys.ReadNumber(value.Span);
        }

        return sum;
    }

    /// <summary>The digest of every bucket, to ask a peer what it has that this node has not.</summary>
    public byte[] GetDigest()
    {
        var output = new ArrayBufferWriter<byte>(MapDigest.SizeBytes);
        lock (_gate)
        {
            _map.GetDigest().Write(output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>The entries of the buckets in which a peer's digest differs; false when it is none.</summary>
    public bool TryCompare(ReadOnlySpan<byte> digest, out ulong buckets, out ReadOnlyMemory<byte> entries)
    {
        buckets = 0;
        entries = default;
        if (!MapDigest.TryRead(digest, out MapDigest? theirs))
        {
            return false;
        }

        lock (_gate)
        {
            buckets = _map.GetDigest().Differences(theirs);
        }

        entries = EntriesIn(buckets);
        return true;
    }

    /// <summary>This node's entries of some buckets.</summary>
    public ReadOnlyMemory<byte> EntriesIn(ulong buckets)
    {
        lock (_gate)
        {
            return Encode(_map.EntriesIn(buckets));
        }
    }

    /// <summary>Takes what a peer sent; false when it is not in the form of <see cref="LwwCodec"/>.</summary>
    /// <remarks>
    /// Where the disk refuses, it is held in memory, and tried again with the next write: after a restart the peers
    /// have it still.
    /// </remarks>
    public bool TryMerge(ReadOnlyMemory<byte> bytes, NodeId from)
    {
        if (!LwwCodec.TryRead(bytes.Span, _limits, out IReadOnlyList<LwwEntry>? entries))
        {
            return false;
        }

        lock (_gate)
        {
            List<LwwEntry> timely = [.. entries.Where(entry => _clock.TryObserve(entry.Stamp, WallMs))];
            if (timely.Count < entries.Count)
            {
                Log.StateFromTheFuture(_log, from.ShortName, entries.Count - timely.Count);
            }

            LwwMerge merge = _map.Merge(timely);
            if (merge.Refused > 0)
            {
                Log.StateRefused(_log, from.ShortName, merge.Refused, merge.FirstFault);
            }

            if (merge.Changed.Count == 0)
            {
                return true;
            }

            _summary = Summarise();
            Keep(merge.Changed);
        }

        Changed?.Invoke();
        return true;
    }

    /// <summary>Closes the store.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _store.Dispose();
        }
    }

    private void Keep(IReadOnlyList<LwwEntry> changed)
    {
        foreach (LwwEntry entry in changed)
        {
            _unsaved[entry.Key] = entry;
        }

        try
        {
            _store.Save(_unsaved.Values, untilOnDisk: false);
            _unsaved.Clear();
        }
        catch (StorageException e)
        {
            Log.StateNotKept(_log, e.Message);
        }
    }

    private static ReadOnlyMemory<byte> Encode(IReadOnlyCollection<LwwEntry> entries)
    {
        var output = new ArrayBufferWriter<byte>();
        LwwCodec.Write(entries, output);
        return output.WrittenMemory;
    }

    private byte[] Summarise()
    {
        var output = new ArrayBufferWriter<byte>(MapDigest.SizeBytes);
        _map.GetDigest().Write(output);
        return SHA256.HashData(output.WrittenSpan)[..16];
    }
}
