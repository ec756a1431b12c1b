using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NoodleNet.Wire;

namespace NoodleNet.State;

/// <summary>A map from text to bytes that nodes write alone and merge in any order with one result.</summary>
/// <remarks>
/// Meaning: the last writer by <see cref="HybridStamp"/> wins, key by key, where <see cref="MergeRules"/> name no other
/// rule. Merging is commutative, associative and idempotent as long as the map is not full; a full map refuses new keys
/// and says so.
/// Two maps compare <see cref="GetDigest"/>, and send each other <see cref="EntriesIn"/> of the buckets that differ.
/// Bound: <see cref="LwwLimits"/>. Order: entries come by key, ordinal. Not safe for several threads at once.
/// Cost: O(log n) a write, one SHA-256 over the entry.
/// </remarks>
public sealed class LwwMap(LwwLimits limits, MergeRules rules)
{
    private const int ReservedShare = 16; // see LwwLimits


    private readonly SortedDictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly UInt128[] _sums = new UInt128[MapDigest.Buckets];
    private readonly ArrayBufferWriter<byte> _scratch = new();
    private long _totalBytes;
    private long _forgottenMs = -1;

    /// <summary>A map with the rules of the cluster state.</summary>
    public LwwMap(LwwLimits limits)
        : this(limits, StateKeys.Rules)
    {
    }

    public LwwMap()
        : this(new LwwLimits())
    {
    }

    public LwwLimits Limits => limits;

    /// <summary>Entries held, tombstones counted.</summary>
    public int Count => _slots.Count;

    /// <summary>Goes up with every entry taken; see <see cref="DeltaSince"/>.</summary>
    public long Version { get; private set; }

    /// <summary>The latest stamp seen, for <see cref="HybridClock.Resume"/>; default when there is none.</summary>
    public HybridStamp LatestStamp { get; private set; }

    /// <summary>All entries, tombstones too.</summary>
    public IReadOnlyCollection<LwwEntry> Entries => [.. _slots.Values.Select(slot => slot.Entry)];

    /// <summary>The value of a key; false when it was never written or was deleted.</summary>
    public bool TryGet(string key, out ReadOnlyMemory<byte> value)
    {
        bool found = _slots.TryGetValue(key, out Slot? slot) && !slot.Entry.IsTombstone;
        value = found ? slot!.Entry.Value!.Value : default;
        return found;
    }

    /// <summary>Writes a value, which is copied.</summary>
    public LwwFault Set(string key, ReadOnlySpan<byte> value, HybridStamp stamp) =>
        value.Length > limits.ValueBytes ? LwwFault.Value : Put(new LwwEntry(key, stamp, value.ToArray()));

    /// <summary>Deletes a key, known here or not: the tombstone reaches nodes that know it.</summary>
    public LwwFault Delete(string key, HybridStamp stamp) => Put(new LwwEntry(key, stamp, null));

    /// <summary>Takes each entry that is newer than what is here, and says which those were.</summary>
    public LwwMerge Merge(IEnumerable<LwwEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        List<LwwEntry> changed = [];
        int refused = 0;
        LwwFault first = LwwFault.None;
        foreach (LwwEntry entry in entries)
        {
            LwwFault fault = Put(entry);
            if (fault == LwwFault.None)
            {
                changed.Add(entry);
            }
            else if (fault is not (LwwFault.Stale or LwwFault.Collected))
            {
                first = refused++ == 0 ? fault : first;
            }
        }

        return new LwwMerge(changed, refused, first);
    }

    /// <summary>Forgets tombstones written before <paramref name="nowMs"/> minus <paramref name="age"/>.</summary>
    /// <remarks>
    /// Meaning: the border is a whole hour, so that nodes with nearly equal clocks forget the same ones, and forgotten
    /// tombstones are not taken back from a peer. The age must exceed the longest absence of a node: one that stays
    /// away longer can bring a deleted key back.
    /// </remarks>
    /// <returns>The keys that were forgotten.</returns>
    public IReadOnlyList<string> CollectTombstones(long nowMs, TimeSpan age)
    {
        const long Hour = 3_600_000;
        long border = (nowMs - (long)age.TotalMilliseconds) / Hour * Hour;
        _forgottenMs = Math.Max(_forgottenMs, border - 1);
        Slot[] old = [.. _slots.Values.Where(slot => IsForgotten(slot.Entry))];
        foreach (Slot slot in old)
        {
            Remove(slot);
        }

        return [.. old.Select(slot => slot.Entry.Key)];
    }

    /// <summary>Entries taken since <see cref="Version"/> was <paramref name="version"/>, in the order taken.</summary>
    /// <remarks>
    /// By version and not by stamp: an old write may arrive late, and then it is news to our neighbours too.
    /// </remarks>
    public IReadOnlyList<LwwEntry> DeltaSince(long version) =>
        [.. _slots.Values
            .Where(slot => slot.Version > version)
            .OrderBy(slot => slot.Version)
            .Select(slot => slot.Entry)];

    /// <summary>What the map holds, to compare with another's.</summary>
    public MapDigest GetDigest() => new([.. _sums]);

    /// <summary>Entries of the buckets whose bits are set, by key.</summary>
    public IReadOnlyList<LwwEntry> EntriesIn(ulong buckets) =>
        [.. _slots.Values.Where(slot => (buckets >> slot.Bucket & 1) != 0).Select(slot => slot.Entry)];

    /// <summary>What <see cref="Merge"/> would make of an entry, without taking it.</summary>
    public LwwFault Examine(LwwEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return Examine(entry, out _, out _);
    }

    private LwwFault Examine(LwwEntry entry, out int size, out Slot? old)
    {
        old = null;
        size = SizeOf(entry, out LwwFault fault);
        if (fault != LwwFault.None)
        {
            return fault;
        }

        MergeRule rule = rules.Of(entry.Key);
        bool isAllowed = rule switch
        {
            MergeRule.FirstWins => !entry.IsTombstone,
            MergeRule.Greatest => entry.Value is null or { Length: sizeof(ulong) },
            _ => true,
        };
        if (!isAllowed)
        {
            return LwwFault.Rule;
        }

        if (_slots.TryGetValue(entry.Key, out old) && !entry.Beats(old.Entry, rule))
        {
            return LwwFault.Stale;
        }

        if (old is null && IsForgotten(entry))
        {
            return LwwFault.Collected;
        }

        int share = rule == MergeRule.FirstWins ? int.MaxValue : ReservedShare;
        int more = size - (old?.SizeBytes ?? 0); // what makes room is always taken
        bool isFull = (old is null && Count >= limits.Entries - (limits.Entries / share))
            || (more > 0 && _totalBytes + more > limits.TotalBytes - (limits.TotalBytes / share));
        return isFull ? LwwFault.Full : LwwFault.None;
    }

    private LwwFault Put(LwwEntry entry)
    {
        LwwFault fault = Examine(entry, out int size, out Slot? old);
        if (fault is LwwFault.None or LwwFault.Stale)
        {
            LatestStamp = entry.Stamp > LatestStamp ? entry.Stamp : LatestStamp;
        }

        if (fault != LwwFault.None)
        {
            return fault;
        }

        if (old is not null)
        {
            Remove(old);
        }

        if (!IsForgotten(entry))
        {
            Add(entry, size);
        }

        return LwwFault.None;
    }

    private void Add(LwwEntry entry, int size)
    {
        var slot = new Slot(entry, size, BucketOf(entry.Key), HashOf(entry), ++Version);
        _slots.Add(entry.Key, slot);
        _totalBytes += size;
        unchecked
        {
            _sums[slot.Bucket] += slot.Hash;
        }
    }

    private void Remove(Slot slot)
    {
        _slots.Remove(slot.Entry.Key);
        _totalBytes -= slot.SizeBytes;
        unchecked
        {
            _sums[slot.Bucket] -= slot.Hash;
        }
    }

    private bool IsForgotten(LwwEntry entry) => entry.IsTombstone && entry.Stamp.WallMs <= _forgottenMs;

    private int SizeOf(LwwEntry entry, out LwwFault fault)
    {
        int keyBytes = entry.Key.Length > limits.KeyBytes ? int.MaxValue : Encoding.UTF8.GetByteCount(entry.Key);
        int valueBytes = entry.Value?.Length ?? 0;
        fault = keyBytes == 0 || keyBytes > limits.KeyBytes || !IsText(entry.Key) ? LwwFault.Key
            : valueBytes > limits.ValueBytes ? LwwFault.Value
            : LwwFault.None;
        return fault == LwwFault.None ? keyBytes + valueBytes : 0;
    }

    // A lone surrogate has no UTF-8: it would come back from a peer as another key.
    private static bool IsText(string key)
    {
        for (int i = 0; i < key.Length; i++)
        {
            if (char.IsSurrogate(key[i]) && !(i + 1 < key.Length && char.IsSurrogatePair(key[i], key[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static int BucketOf(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return hash[0] % MapDigest.Buckets;
    }

    private UInt128 HashOf(LwwEntry entry)
    {
        _scratch.ResetWrittenCount();
        LwwCodec.WriteEntry(entry, new FieldWriter(_scratch));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_scratch.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private sealed record Slot(LwwEntry Entry, int SizeBytes, int Bucket, UInt128 Hash, long Version);
}
