using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.State;

/// <summary>Entries as bytes, for gossip and for the disk.</summary>
/// <remarks>
/// <code>
/// batch: version (1), number of entries, entries
/// entry: key, time (8 bytes), writer (text, empty for none), 0 for a tombstone or length + 1, value
/// </code>
/// Meaning: an entry has one spelling, so that equal bytes and equal entries are the same thing.
/// Bound: the reader takes no more memory than the bytes it was given, whatever they claim.
/// </remarks>
public static class LwwCodec
{
    private const byte Version = 1;
    private const int LeastEntryBytes = 11;

    /// <summary>Writes a batch.</summary>
    public static void Write(IReadOnlyCollection<LwwEntry> entries, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var writer = new FieldWriter(output);
        writer.Byte(Version);
        writer.Number((uint)entries.Count);
        foreach (LwwEntry entry in entries)
        {
            WriteEntry(entry, writer);
        }
    }

    /// <summary>Reads a batch; false for anything that <see cref="Write"/> does not write within the limits.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> bytes, LwwLimits limits, [NotNullWhen(true)] out IReadOnlyList<LwwEntry>? entries)
    {
        ArgumentNullException.ThrowIfNull(limits);
        entries = null;
        var reader = new FieldReader(bytes);
        if (reader.Byte() != Version)
        {
            return false;
        }

        uint count = reader.Number((uint)limits.Entries);
        if (count > reader.Remaining / LeastEntryBytes)
        {
            return false;
        }

        var read = new List<LwwEntry>((int)count);
        for (uint i = 0; i < count && !reader.Failed; i++)
        {
            read.Add(ReadEntry(ref reader, limits));
        }

        entries = reader.IsComplete ? read : null;
        return entries is not null;
    }

    internal static void WriteEntry(LwwEntry entry, FieldWriter writer)
    {
        writer.Text(entry.Key);
        writer.UInt64(entry.Stamp.Time);
        writer.Text(entry.Stamp.Node.IsNone ? "" : entry.Stamp.Node.ToString());
        if (entry.Value is { } value)
        {
            writer.Number((uint)value.Length + 1);
            writer.Raw(value.Span);
        }
        else
        {
            writer.Number(0);
        }
    }

    private static LwwEntry ReadEntry(ref FieldReader reader, LwwLimits limits)
    {
        string key = reader.Text(limits.KeyBytes);
        ulong time = reader.UInt64();
        string writer = reader.Text(NodeId.MaxLength);
        NodeId node = default;
        if (key.Length == 0 || (writer.Length > 0 && !NodeId.TryParse(writer, out node)))
        {
            reader.Fail();
        }

        uint length = reader.Number((uint)limits.ValueBytes + 1);
        // The cast matters: a null array would become an empty value, and a deleted key come back.
        ReadOnlyMemory<byte>? value = length == 0 ? (ReadOnlyMemory<byte>?)null : reader.Raw((int)length - 1).ToArray();
        return new LwwEntry(key, new HybridStamp(time, node), value);
    }
}
