using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NoodleNet.State;

namespace NoodleNet.Runtime.Storage;

/// <summary>How the first version kept the cluster state: a whole snapshot, read once and taken over.</summary>
/// <remarks>
/// <code>"NOODLST1", length (8 bytes), batch of LwwCodec, SHA-256 over all before</code>
/// Bound: a file of at most twice <see cref="LwwLimits.TotalBytes"/> and 256 MiB; one damaged file is kept.
/// </remarks>
internal sealed class StateFile(string path, ILogger logger)
{
    private const long MaxBytes = 256 << 20;

    private static ReadOnlySpan<byte> Magic => "NOODLST1"u8;

    private const int HeaderBytes = 16;

    /// <summary>Merges what the disk holds into <paramref name="map"/>.</summary>
    /// <exception cref="StorageException">The file is there and whole, but may not be read or moved.</exception>
    public StateOutcome Load(LwwMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return StateOutcome.Missing;
        }

        long limit = Math.Min(MaxBytes, (2 * map.Limits.TotalBytes) + (256L * map.Limits.Entries) + 1024);
        if (file.Length <= limit
            && AtomicFile.Read(path, (int)limit) is { } content
            && TryDecode(content, map.Limits, out IReadOnlyList<LwwEntry> entries))
        {
            map.Merge(entries);
            return StateOutcome.Loaded;
        }

        SetAside();
        return StateOutcome.Damaged;
    }

    private static bool TryDecode(ReadOnlySpan<byte> content, LwwLimits limits, out IReadOnlyList<LwwEntry> entries)
    {
        entries = [];
        int end = content.Length - SHA256.HashSizeInBytes;
        if (end < HeaderBytes
            || !content.StartsWith(Magic)
            || BinaryPrimitives.ReadInt64BigEndian(content[Magic.Length..]) != end - HeaderBytes
            || !SHA256.HashData(content[..end]).AsSpan().SequenceEqual(content[end..])
            || !LwwCodec.TryRead(content[HeaderBytes..end], limits, out IReadOnlyList<LwwEntry>? read))
        {
            return false;
        }

        entries = read;
        return true;
    }

    private void SetAside()
    {
        string aside = path + ".damaged";
        try
        {
            File.Move(path, aside, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The damaged file '{path}' cannot be moved away ({e.Message}); remove it.", e);
        }

        Log.StateFileDamaged(logger, path, aside);
    }
}
