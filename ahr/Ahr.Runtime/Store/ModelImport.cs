using System.Security.Cryptography;

namespace Ahr.Runtime;

/// <summary>A model on its way into the store: appended in order, then committed or forgotten on dispose.</summary>
/// <remarks>Owned by one caller. After a fault every further step gives the same fault.</remarks>
public sealed class ModelImport : IAsyncDisposable
{
    private readonly ModelStore _store;
    private readonly string _path;
    private readonly FileStream _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private StoreResult? _end;
    private bool _adopted;

    internal ModelImport(ModelStore store, string path, FileStream file)
    {
        _store = store;
        _path = path;
        _file = file;
    }

    /// <summary>Bytes taken in so far.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async ValueTask<StoreResult> AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        _end ??= _store.TryGrow(SizeBytes, bytes.Length);
        if (_end is { } end)
        {
            return end;
        }

        SizeBytes += bytes.Length;
        _hash.AppendData(bytes.Span);
        await _file.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        return StoreResult.Stored("", SizeBytes);
    }

    /// <summary>Puts the model in the store when its digest is right.</summary>
    /// <param name="expectedDigest">What the digest must be; null to take whatever it is.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async ValueTask<StoreResult> CommitAsync(string? expectedDigest, CancellationToken cancellation)
    {
        if (_end is { } end)
        {
            return end;
        }

        string digest = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (expectedDigest is not null && expectedDigest != digest)
        {
            _end = ModelStore.IsDigest(expectedDigest)
                ? StoreResult.Failed(
                    StoreFault.DigestMismatch, $"the content has digest {digest}, not {expectedDigest}: it is refused")
                : StoreResult.Failed(
                    StoreFault.NotADigest, "a model digest is 64 lower-case hexadecimal digits");
            return _end.Value;
        }

        await _file.FlushAsync(cancellation).ConfigureAwait(false);
        _file.Flush(flushToDisk: true);
        await _file.DisposeAsync().ConfigureAwait(false);
        StoreResult result = _store.Adopt(_path, digest, SizeBytes);
        _adopted = true;
        _end = result;
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await _file.DisposeAsync().ConfigureAwait(false);
        if (!_adopted)
        {
            _adopted = true;
            _store.Shrink(SizeBytes);
            File.Delete(_path);
        }
    }
}
