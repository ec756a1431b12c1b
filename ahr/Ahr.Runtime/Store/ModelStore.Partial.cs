using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ahr.Runtime;

// Models in chunks: those that arrive, and the hashes for those who fetch from here.
public sealed partial class ModelStore
{
    private const string ChunksSuffix = ".chunks";
    private const int ChunksHeader = 2 * sizeof(long);
    private static readonly TimeSpan s_partialAge = TimeSpan.FromDays(7);

    private static readonly SemaphoreSlim s_hashing = new(1); // one file at a time: it is all disk and processor

    /// <summary>Largest model that is taken.</summary>
    public long MaxModelBytes => _options.MaxModelBytes;

    /// <summary>
    /// Opens a model that arrives in chunks, with what an earlier run left of it when that was cut in the same way.
    /// </summary>
    /// <param name="plan">Names how the file is cut, such as the digest of its list of chunks; one line.</param>
    public StoreResult OpenPartial(
        string digest, long sizeBytes, int chunks, string plan, out PartialModel? partial)
    {
        ArgumentException.ThrowIfNullOrEmpty(plan);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sizeBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunks);
        partial = null;
        if (!IsDigest(digest))
        {
            return StoreResult.Failed(StoreFault.NotADigest, "a model digest is 64 lower-case hexadecimal digits");
        }

        if (TryGrow(0, sizeBytes) is { } tooLarge)
        {
            return tooLarge;
        }

        FileStream? data = null, map = null;
        try
        {
            string path = Path.Combine(_partial, digest);
            data = OpenOwn(path);
            map = OpenOwn(path + PartialModel.MapSuffix);
            byte[] head = Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"noodle partial 1 {sizeBytes} {chunks} {plan}\n"));
            bool[] marked = ReadMarks(data, map, head, sizeBytes, chunks);
            if (marked.Contains(true))
            {
                Log.PartialResumed(_logger, digest, marked.Count(mark => mark), chunks);
            }

            long missing = marked.LongCount(mark => !mark) * (sizeBytes / chunks);
            if (FreeBytes() is { } free && free < missing)
            {
                Shrink(sizeBytes);
                data.Dispose();
                map.Dispose();
                return StoreResult.Failed(StoreFault.TooLarge,
                    $"the model needs {missing >> 20} MiB more and the disk of the model store has {free >> 20} MiB "
                    + "free: make room");
            }

            partial = new PartialModel(this, path, digest, data, map, head.Length, marked);
            return StoreResult.Stored(digest, sizeBytes);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            Shrink(sizeBytes);
            data?.Dispose();
            map?.Dispose();
            return Broken("begin a model", reason);
        }
    }

    /// <summary>SHA-256 of each chunk of a stored model, one after the other; null when it is not here.</summary>
    /// <remarks>Cost: reads all of the file the first time, and keeps the hashes beside it.</remarks>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async Task<byte[]?> HashChunksAsync(string digest, int chunkBytes, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkBytes);
        await s_hashing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            using FileStream? file = OpenRead(digest);
            if (file is null)
            {
                return null;
            }

            string kept = PathOf(digest) + ChunksSuffix;
            if (ReadHashes(kept, file.Length, chunkBytes) is { } known)
            {
                return known;
            }

            byte[] hashes = await HashAllAsync(file, chunkBytes, cancellation).ConfigureAwait(false);
            KeepHashes(digest, file.Length, chunkBytes, hashes);
            return hashes;
        }
        finally
        {
            s_hashing.Release();
        }
    }

    internal void DeletePartial(string digest)
    {
        File.Delete(Path.Combine(_partial, digest));
        File.Delete(Path.Combine(_partial, digest) + PartialModel.MapSuffix);
    }

    /// <summary>Logs what the disk said, and says in a sentence what could not be done.</summary>
    public StoreResult Refuse(string action, Exception reason) => Broken(action, reason);

    internal StoreResult Broken(string action, Exception reason)
    {
        Log.StoreFailed(_logger, action, reason);
        return StoreResult.Failed(
            StoreFault.Unreadable, $"this node could not {action}: see its log for what the disk said");
    }

    // What of a model is here stays for a while, so that a fetch goes on where it was; all else goes.
    private void RemovePartials()
    {
        int count = 0;
        foreach (string file in Directory.EnumerateFiles(_partial))
        {
            bool isPart = IsDigest(Path.GetFileNameWithoutExtension(file))
                && Path.GetExtension(file) is "" or PartialModel.MapSuffix;
            if (!isPart || DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > s_partialAge)
            {
                File.Delete(file);
                count++;
            }
        }

        if (count > 0)
        {
            Log.PartialsRemoved(_logger, count);
        }
    }

    private static FileStream OpenOwn(string path)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    // Marks of an earlier run that cut the file in the same way; else a new file, and none.
    private static bool[] ReadMarks(FileStream data, FileStream map, byte[] head, long sizeBytes, int chunks)
    {
        bool[] marked = new bool[chunks];
        if (data.Length != sizeBytes || !HasMap(map, head, marked))
        {
            data.SetLength(0);
            map.SetLength(0);
            RandomAccess.Write(map.SafeFileHandle, head, 0);
            map.SetLength(head.Length + chunks);
            data.SetLength(sizeBytes);
        }

        return marked;
    }

    private static bool HasMap(FileStream map, byte[] head, bool[] marked)
    {
        byte[] content = new byte[head.Length + marked.Length];
        if (map.Length != content.Length || RandomAccess.Read(map.SafeFileHandle, content, 0) != content.Length
            || !content.AsSpan().StartsWith(head))
        {
            return false;
        }

        for (int i = 0; i < marked.Length; i++)
        {
            marked[i] = content[head.Length + i] == 1;
        }

        return true;
    }

    private long? FreeBytes()
    {
        try
        {
            return new DriveInfo(_partial).AvailableFreeSpace;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // not every file system says; then the write itself will tell
        }
    }

    private static async Task<byte[]> HashAllAsync(FileStream file, int chunkBytes, CancellationToken cancellation)
    {
        byte[] chunk = ArrayPool<byte>.Shared.Rent(chunkBytes);
        try
        {
            var hashes = new MemoryStream();
            int read;
            while ((read = await file.ReadAtLeastAsync(chunk.AsMemory(0, chunkBytes), chunkBytes, false, cancellation)
                .ConfigureAwait(false)) > 0)
            {
                hashes.Write(SHA256.HashData(chunk.AsSpan(0, read)));
            }

            return hashes.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    // size (8 bytes), chunk length (8 bytes), the hashes, SHA-256 over all before
    private static byte[]? ReadHashes(string path, long sizeBytes, int chunkBytes)
    {
        long count = ((sizeBytes - 1) / chunkBytes) + 1;
        long length = ChunksHeader + ((count + 1) * SHA256.HashSizeInBytes);
        if (new FileInfo(path) is not { Exists: true } file || file.Length != length)
        {
            return null;
        }

        byte[] content = File.ReadAllBytes(path);
        ReadOnlySpan<byte> before = content.AsSpan(0, content.Length - SHA256.HashSizeInBytes);
        return content.Length == length
            && BinaryPrimitives.ReadInt64BigEndian(before) == sizeBytes
            && BinaryPrimitives.ReadInt64BigEndian(before[sizeof(long)..]) == chunkBytes
            && SHA256.HashData(before).AsSpan().SequenceEqual(content.AsSpan(before.Length))
                ? before[ChunksHeader..].ToArray() : null;
    }

    /// <summary>Keeps the hashes of a stored model's chunks beside it, for <see cref="HashChunksAsync"/>.</summary>
    public void KeepHashes(string digest, long sizeBytes, int chunkBytes, ReadOnlySpan<byte> hashes)
    {
        byte[] content = new byte[ChunksHeader + hashes.Length + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(content, sizeBytes);
        BinaryPrimitives.WriteInt64BigEndian(content.AsSpan(sizeof(long)), chunkBytes);
        hashes.CopyTo(content.AsSpan(ChunksHeader));
        int end = ChunksHeader + hashes.Length;
        SHA256.HashData(content.AsSpan(0, end), content.AsSpan(end));
        try
        {
            string made = Path.Combine(_partial, Guid.NewGuid().ToString("N"));
            File.WriteAllBytes(made, content);
            File.Move(made, PathOf(digest) + ChunksSuffix, overwrite: true);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            Log.StoreFailed(_logger, "keep the hashes of a model", reason); // they are made again the next time
        }
    }
}
