using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NoodleNet.State;

namespace NoodleNet.Runtime.Storage;

/// <summary>What came of reading a <see cref="StateFile"/>.</summary>
public enum StateFileOutcome
{
    /// <summary>There was none: a first start.</summary>
    Missing,

    /// <summary>Its entries are in the map.</summary>
    Loaded,

    /// <summary>It was damaged and is now called <c>.damaged</c>; peers bring the state back.</summary>
    Damaged,
}

/// <summary>A <see cref="LwwMap"/> on disk: a whole snapshot that is there or is not.</summary>
/// <remarks>
/// <code>"NOODLST1", length (8 bytes), batch of LwwCodec, SHA-256 over all before</code>
/// Bound: a file of at most twice <see cref="LwwLimits.TotalBytes"/> and 256 MiB; one damaged file is kept.
/// </remarks>
public sealed class StateFile(string path, ILogger logger)
{
    private const long MaxBytes = 256 << 20;

    private static ReadOnlySpan<byte> Magic => "NOODLST1"u8;

    private const int HeaderBytes = 16;

    /// <summary>Writes the map.</summary>
    /// <exception cref="StorageException">The disk is full or the folder may not be written.</exception>
    public void Save(LwwMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var output = new ArrayBufferWriter<byte>();
        output.Write(Magic);
        output.Write(new byte[sizeof(ulong)]);
        LwwCodec.Write(map.Entries, output);
        byte[] content = new byte[output.WrittenCount + SHA256.HashSizeInBytes];
        output.WrittenSpan.CopyTo(content);
        BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(Magic.Length), output.WrittenCount - HeaderBytes);
        SHA256.HashData(content.AsSpan(0, output.WrittenCount), content.AsSpan(output.WrittenCount));
        AtomicFile.Write(path, content);
    }

    /// <summary>Merges what the disk holds into <paramref name="map"/>.</summary>
    /// <exception cref="StorageException">The file is there and whole, but may not be read or moved.</exception>
    public StateFileOutcome Load(LwwMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return StateFileOutcome.Missing;
        }

        long limit = Math.Min(MaxBytes, (2 * map.Limits.TotalBytes) + (256L * map.Limits.Entries) + 1024);
        if (file.Length <= limit
            && AtomicFile.Read(path, (int)limit) is { } content
            && TryDecode(content, map.Limits, out IReadOnlyList<LwwEntry> entries))
        {
            map.Merge(entries);
            return StateFileOutcome.Loaded;
        }

        SetAside();
        return StateFileOutcome.Damaged;
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
