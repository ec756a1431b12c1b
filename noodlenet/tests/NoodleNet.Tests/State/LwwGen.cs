using Noodle.Primitives;
using NoodleNet.State;

namespace NoodleNet.Tests.State;

/// <summary>Entries with few keys, stamps and values, so that they collide often.</summary>
internal static class LwwGen
{
    public static readonly Gen<LwwEntry> Entry = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Byte[0, 3])
        .Select((key, time, node, value) => new LwwEntry(
            $"key-{key}",
            new HybridStamp(time, 0, NodeId.Create($"n{node}", Guid.Empty)),
            value == 0 ? (ReadOnlyMemory<byte>?)null : new byte[value - 1]));

    public static readonly Gen<LwwEntry[]> Entries = Entry.Array[0, 30];

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
