using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using MessagePack;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Discovery;

/// <summary>What a node says of itself in its meta: small pairs of text.</summary>
/// <remarks>
/// Form: byte FF and a msgpack map; anything else is an old peer's role. Bound: <see cref="MaxBytes"/> encoded.
/// Order: by key, ordinal, so that equal tags are equal bytes.
/// </remarks>
public static class NodeTags
{
    public const int MaxBytes = 512;
    private const byte Marker = 0xFF;

    public static ImmutableSortedDictionary<string, string> Empty { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Encodes tags; false when they take more than <see cref="MaxBytes"/>.</summary>
    public static bool TryEncode(IReadOnlyDictionary<string, string> tags, out byte[] meta)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer) { OldSpec = true };
        writer.WriteRaw([Marker]);
        writer.WriteMapHeader(tags.Count);
        foreach ((string key, string value) in tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
        {
            writer.Write(key);
            writer.Write(value);
        }

        writer.Flush();
        bool fits = buffer.WrittenCount <= MaxBytes;
        meta = fits ? buffer.WrittenSpan.ToArray() : [];
        return fits;
    }

    /// <summary>Reads a peer's meta; what cannot be read is no tag.</summary>
    public static ImmutableSortedDictionary<string, string> Decode(ReadOnlySpan<byte> meta)
    {
        if (meta.IsEmpty)
        {
            return Empty;
        }

        if (meta[0] != Marker)
        {
            return Empty.Add("role", Encoding.UTF8.GetString(meta));
        }

        var tags = Empty.ToBuilder();
        var reader = new MsgpackReader(meta[1..]);
        for (long left = reader.ReadMapHeader(); left > 0 && reader.IsSound; left--)
        {
            string key = reader.ReadText(MaxBytes), value = reader.ReadText(MaxBytes);
            if (reader.IsSound)
            {
                tags[key] = value;
            }
        }

        return tags.ToImmutable();
    }
}
