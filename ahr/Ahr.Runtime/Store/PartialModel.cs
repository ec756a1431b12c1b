using System.Security.Cryptography;

namespace Ahr.Runtime;

/// <summary>A model that arrives in chunks, in any order and over several runs of the node.</summary>
/// <remarks>
/// <code>partial/DIGEST      the file, as long as it will be
/// partial/DIGEST.map  what it is made of: a line of text, then one byte a chunk, 1 for written</code>
/// Meaning: after a loss of power a chunk may be marked whose bytes are not on disk; who opens it again reads every
/// marked chunk and checks its hash. Only the whole digest makes it a model. Owned by one caller.
/// </remarks>
public sealed class PartialModel : IDisposable
{
    internal const string MapSuffix = ".map";

    private readonly ModelStore _store;
    private readonly string _path;
    private readonly FileStream _data;
    private readonly FileStream _map;
    private readonly long _mapStart;
    private readonly long _sizeBytes;
    private bool _ended;

    internal PartialModel(
        ModelStore store, string path, string digest, FileStream data, FileStream map, long mapStart, bool[] marked)
    {
        (_store, _path, Digest, _data, _map, _mapStart, Marked) = (store, path, digest, data, map, mapStart, marked);
        _sizeBytes = data.Length;
    }

    /// <summary>Of the whole file.</summary>
    public string Digest { get; }

    /// <summary>Which chunks an earlier run marked as written; each is to be checked.</summary>
    public IReadOnlyList<bool> Marked { get; }

    /// <summary>Reads part of the file.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async ValueTask<bool> TryReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        int read = 0;
        while (read < destination.Length)
        {
            int more = await RandomAccess.ReadAsync(
                _data.SafeFileHandle, destination[read..], offset + read, cancellation).ConfigureAwait(false);
            if (more == 0)
            {
                return false;
            }

            read += more;
        }

        return true;
    }

    /// <summary>Writes a chunk to its place, then marks it.</summary>
    /// <exception cref="IOException">The disk refuses; it is full, as a rule.</exception>
    public async ValueTask WriteAsync(
        int index, long offset, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        await RandomAccess.WriteAsync(_data.SafeFileHandle, content, offset, cancellation).ConfigureAwait(false);
        Mark(index, true);
    }

    /// <summary>Takes back the mark of a chunk that turned out wrong.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Unmark(int index) => Mark(index, false);

    /// <summary>Puts the model in the store when its digest is right, and is closed; else it stays as it is.</summary>
    public async ValueTask<StoreResult> CommitAsync(CancellationToken cancellation)
    {
        try
        {
            _data.Flush(flushToDisk: true);
            _data.Position = 0;
            byte[] hash = await SHA256.HashDataAsync(_data, cancellation).ConfigureAwait(false);
            string digest = Convert.ToHexStringLower(hash);
            if (digest != Digest)
            {
                return StoreResult.Failed(
                    StoreFault.DigestMismatch, $"the content has digest {digest}, not {Digest}: it is refused");
            }

            Close();
            StoreResult result = _store.Adopt(_path, digest, _sizeBytes);
            _ended = true;
            File.Delete(_path + MapSuffix);
            return result;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return _store.Broken("finish a model", reason);
        }
    }

    /// <summary>Throws away what there is; it is closed then.</summary>
    public void Discard()
    {
        Dispose();
        _store.DeletePartial(Digest);
    }

    /// <summary>Closes it and leaves it on disk, to go on another time.</summary>
    public void Dispose()
    {
        if (!_ended)
        {
            _ended = true;
            _store.Shrink(_sizeBytes);
            Close();
        }
    }

    private void Mark(int index, bool isWritten) =>
        RandomAccess.Write(_map.SafeFileHandle, [isWritten ? (byte)1 : (byte)0], _mapStart + index);

    private void Close()
    {
        _data.Dispose();
        _map.Dispose();
    }
}
