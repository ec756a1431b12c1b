using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace NoodleNet.Content;

/// <summary>The SHA-256 of each chunk of a file: what is fetched is checked against it piece by piece.</summary>
/// <remarks>Bound: <see cref="MaxChunks"/> hashes of 32 bytes, <see cref="MaxChunkBytes"/> a chunk.</remarks>
public sealed class ChunkManifest
{
    /// <summary>Length of the chunks that nodes exchange.</summary>
    public const int DefaultChunkBytes = 1 << 20;

    /// <summary>Largest chunk.</summary>
    public const int MaxChunkBytes = 16 << 20;

    /// <summary>Most chunks of a file: 1 TiB in chunks of 1 MiB.</summary>
    public const int MaxChunks = 1 << 20;

    private readonly ReadOnlyMemory<byte> _hashes;

    private ChunkManifest(long sizeBytes, int chunkBytes, ReadOnlyMemory<byte> hashes)
    {
        (SizeBytes, ChunkBytes, _hashes) = (sizeBytes, chunkBytes, hashes);
        Digest = Convert.ToHexStringLower(HashAll());
    }

    /// <summary>Of the whole file, at least 1.</summary>
    public long SizeBytes { get; }

    /// <summary>Of every chunk but the last.</summary>
    public int ChunkBytes { get; }

    /// <summary>Number of chunks.</summary>
    public int Count => _hashes.Length / SHA256.HashSizeInBytes;

    /// <summary>The hashes, one after the other.</summary>
    public ReadOnlyMemory<byte> Hashes => _hashes;

    /// <summary>SHA-256 over size (8 bytes), chunk length (8 bytes) and all hashes, in hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>How many chunks a file has; 0 when it has none or more than <see cref="MaxChunks"/>.</summary>
    public static int CountOf(long sizeBytes, int chunkBytes)
    {
        if (sizeBytes < 1 || chunkBytes is < 1 or > MaxChunkBytes)
        {
            return 0;
        }

        long count = ((sizeBytes - 1) / chunkBytes) + 1;
        return count > MaxChunks ? 0 : (int)count;
    }

    /// <summary>Makes a manifest from what a peer said; false when its parts do not fit together.</summary>
    public static bool TryCreate(
        long sizeBytes, int chunkBytes, ReadOnlyMemory<byte> hashes, [NotNullWhen(true)] out ChunkManifest? manifest)
    {
        int count = CountOf(sizeBytes, chunkBytes);
        manifest = count > 0 && hashes.Length == (long)count * SHA256.HashSizeInBytes
            ? new ChunkManifest(sizeBytes, chunkBytes, hashes) : null;
        return manifest is not null;
    }

    /// <summary>Length of one chunk.</summary>
    public int LengthOf(int index) => (int)Math.Min(ChunkBytes, SizeBytes - ((long)index * ChunkBytes));

    /// <summary>True when these bytes are that chunk.</summary>
    public bool Matches(int index, ReadOnlySpan<byte> content)
    {
        if (content.Length != LengthOf(index))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return hash.SequenceEqual(_hashes.Span.Slice(index * hash.Length, hash.Length));
    }

    private byte[] HashAll()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> head = stackalloc byte[2 * sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(head, SizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(head[sizeof(long)..], ChunkBytes);
        hash.AppendData(head);
        hash.AppendData(_hashes.Span);
        return hash.GetHashAndReset();
    }
}
