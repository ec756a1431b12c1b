using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

/// <summary>Entries with few keys, stamps and values, so that they collide often.</summary>
internal static class LwwGen
{
    private static readonly string[] s_prefixes = ["key-", StateKeys.Revoked, StateKeys.TokenUses];

    public static readonly Gen<LwwEntry> Entry = Gen.Select(
        Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Byte[0, 3])
        .Select((prefix, key, time, node, value) => new LwwEntry(
            $"{s_prefixes[prefix]}{key}",
            new HybridStamp(time, 0, NodeId.Create($"n{node}", Guid.Empty)),
            ValueFor(prefix, value)));

    public static readonly Gen<LwwEntry[]> Entries = Entry.Array[0, 30];

    // What each rule allows: a revocation is never a tombstone, a counter has 8 bytes.
    private static ReadOnlyMemory<byte>? ValueFor(int prefix, byte value) => (prefix, value) switch
    {
        (1, _) => new byte[value],
        (_, 0) => (ReadOnlyMemory<byte>?)null,
        (2, _) => StateKeys.Number(value),
        _ => new byte[value - 1],
    };

    public static LwwMap MapOf(params IEnumerable<LwwEntry>[] batches)
    {
        var map = new LwwMap();
        foreach (IEnumerable<LwwEntry> batch in batches)
        {
            map.Merge(batch);
        }

        return map;
    }
}
