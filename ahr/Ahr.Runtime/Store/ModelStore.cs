using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ahr.Runtime;

/// <summary>Model files of this node, each under the SHA-256 of its content.</summary>
/// <remarks>
/// Shape: <c>sha256/ab/ab12…</c> is a model, <c>sha256/ab/ab12….json</c> its manifest, <c>partial/</c> holds what is
/// still arriving. A file gets its final name only after all of it is on disk and its digest is right. What a crash
/// left in <c>partial/</c> is removed at the next start, unless it is a fetch that can go on; that stays for a week.
/// Bound: one file and the sum of all files, by <see cref="ModelStoreOptions"/>.
/// Safe for several threads; one process at a time owns a store's folder.
/// </remarks>
public sealed partial class ModelStore
{
    private const int DigestLength = 2 * SHA256.HashSizeInBytes;
    private const int LargestManifest = 1 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string _models;
    private readonly string _partial;
    private readonly ModelStoreOptions _options;
    private readonly ILogger<ModelStore> _logger;
    private long _bytes;

    /// <summary>Opens or makes the store and removes what an earlier run left unfinished.</summary>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public ModelStore(string folder, ModelStoreOptions options, ILogger<ModelStore> logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        _options = options;
        _logger = logger;
        _models = Path.Combine(Path.GetFullPath(folder), "sha256");
        _partial = Path.Combine(Path.GetFullPath(folder), "partial");
        CreateFolder(folder);
        CreateFolder(_models);
        CreateFolder(_partial);
        RemovePartials();
        _bytes = List().Sum(digest => new FileInfo(PathOf(digest)).Length);
    }

    /// <summary>Bytes of all stored models and of those arriving.</summary>
    public long ByteCount => Interlocked.Read(ref _bytes);

    /// <summary>True for 64 lower-case hexadecimal digits, the only form of a digest that is taken.</summary>
    public static bool IsDigest(string? text) =>
        text is { Length: DigestLength } && !text.AsSpan().ContainsAnyExcept(s_hexDigits);

    /// <summary>Digests of all stored models, in ordinal order.</summary>
    public IReadOnlyList<string> List()
    {
        List<string> digests = [.. Directory.EnumerateFiles(_models, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetFileName(file)).Where(IsDigest)];
        digests.Sort(StringComparer.Ordinal);
        return digests;
    }

    /// <summary>True when the model is here; whether it is undamaged, <see cref="VerifyAsync"/> says.</summary>
    public bool Contains(string digest) => IsDigest(digest) && File.Exists(PathOf(digest));

    /// <summary>Starts to take in a model piece by piece.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public ModelImport BeginImport()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        string path = Path.Combine(_partial, Guid.NewGuid().ToString("N"));
        return new ModelImport(this, path, new FileStream(path, options));
    }

    /// <summary>Takes in all of <paramref name="content"/>.</summary>
    /// <param name="expectedDigest">What its digest must be; null to take whatever it is.</param>
    public async Task<StoreResult> ImportAsync(Stream content, string? expectedDigest, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(content);
        byte[] buffer = new byte[128 * 1024];
        try
        {
            await using ModelImport import = BeginImport();
            int read;
            while ((read = await content.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            {
                StoreResult step = await import.AppendAsync(buffer.AsMemory(0, read), cancellation)
                    .ConfigureAwait(false);
                if (step.Fault != StoreFault.None)
                {
                    return step;
                }
            }

            return await import.CommitAsync(expectedDigest, cancellation).ConfigureAwait(false);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return Broken("take in a model", reason);
        }
    }

    /// <summary>Takes in a file of this machine.</summary>
    public async Task<StoreResult> ImportFileAsync(string path, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            return StoreResult.Failed(StoreFault.Missing, Directory.Exists(path)
                ? $"'{path}' is a folder: name the model file in it"
                : $"there is no file '{path}': check the path");
        }

        FileStream file;
        try
        {
            file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            Log.StoreFailed(_logger, "read a model file", reason);
            return StoreResult.Failed(StoreFault.Unreadable, $"'{path}' cannot be read: check its permissions");
        }

        await using (file.ConfigureAwait(false))
        {
            return await ImportAsync(file, null, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Opens a model to send it to a peer; null when it is not here. The receiver checks the digest.</summary>
    public FileStream? OpenRead(string digest)
    {
        try
        {
            return Contains(digest)
                ? new FileStream(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                : null;
        }
        catch (FileNotFoundException)
        {
            return null; // removed since it was looked up
        }
    }

    /// <summary>Reads all of a model and checks its digest; a damaged one is removed. Done before every load.</summary>
    public async Task<StoreResult> VerifyAsync(string digest, CancellationToken cancellation)
    {
        if (!IsDigest(digest))
        {
            return StoreResult.Failed(StoreFault.NotADigest, "a model digest is 64 lower-case hexadecimal digits");
        }

        try
        {
            using FileStream? file = OpenRead(digest);
            if (file is null)
            {
                return StoreResult.Failed(StoreFault.Missing, $"model {digest} is not in this node's store");
            }

            byte[] hash = await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false);
            if (Convert.ToHexStringLower(hash) == digest)
            {
                return StoreResult.Stored(digest, file.Length);
            }
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return Broken("read a model", reason);
        }

        Log.ModelDamaged(_logger, digest);
        Delete(digest);
        return StoreResult.Failed(
            StoreFault.DigestMismatch, $"model {digest} was damaged on this node's disk: deploy or fetch it again");
    }

    /// <summary>Removes a model and what belongs to it; false when it was not here or is held by the system.</summary>
    public bool Delete(string digest)
    {
        if (!IsDigest(digest))
        {
            return false;
        }

        try
        {
            DeletePartial(digest);
            if (!Contains(digest))
            {
                return false;
            }

            File.Delete(PathOf(digest) + ChunksSuffix);
            long size = new FileInfo(PathOf(digest)).Length;
            File.Delete(PathOf(digest));
            Interlocked.Add(ref _bytes, -size);
            File.Delete(ManifestOf(digest));
            return true;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            Log.StoreFailed(_logger, "remove a model", reason);
            return false;
        }
    }

    /// <summary>Writes a model's manifest beside it, in place of an older one.</summary>
    /// <exception cref="ArgumentException">The model is not in the store.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async Task SaveManifestAsync(ModelManifest manifest, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        if (!Contains(manifest.Digest))
        {
            throw new ArgumentException("a manifest is of a model in the store", nameof(manifest));
        }

        string path = Path.Combine(_partial, Guid.NewGuid().ToString("N"));
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.ModelManifest);
        await File.WriteAllBytesAsync(path, json, cancellation).ConfigureAwait(false);
        File.Move(path, ManifestOf(manifest.Digest), overwrite: true);
    }

    /// <summary>Reads a model's manifest; null when there is none or it is not one.</summary>
    public ModelManifest? ReadManifest(string digest)
    {
        if (!IsDigest(digest) || new FileInfo(ManifestOf(digest)) is not { Exists: true, Length: <= LargestManifest })
        {
            return null;
        }

        try
        {
            byte[] json = File.ReadAllBytes(ManifestOf(digest));
            ModelManifest? manifest = JsonSerializer.Deserialize(json, ManifestJson.Default.ModelManifest);
            return manifest?.Digest == digest ? manifest : null;
        }
        catch (Exception reason) when (reason is JsonException or IOException or UnauthorizedAccessException)
        {
            Log.StoreFailed(_logger, "read a manifest", reason);
            return null;
        }
    }

    /// <summary>Where a model lies; only for a digest that is one.</summary>
    /// <summary>Where a model lies, or would lie.</summary>
    public string PathOf(string digest) => Path.Combine(_models, digest[..2], digest);

    /// <summary>Counts bytes in before they are written; null, or why they are too many.</summary>
    internal StoreResult? TryGrow(long modelBytes, long more)
    {
        if (modelBytes + more > _options.MaxModelBytes)
        {
            return StoreResult.Failed(
                StoreFault.TooLarge, $"the model is larger than {_options.MaxModelBytes} bytes: raise MaxModelBytes");
        }

        if (Interlocked.Add(ref _bytes, more) > _options.MaxStoreBytes)
        {
            Shrink(more);
            return StoreResult.Failed(
                StoreFault.TooLarge,
                $"the model store would pass {_options.MaxStoreBytes} bytes: remove models or raise MaxStoreBytes");
        }

        return null;
    }

    internal void Shrink(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    /// <summary>Gives a finished file its name.</summary>
    internal StoreResult Adopt(string partial, string digest, long sizeBytes)
    {
        string path = PathOf(digest);
        CreateFolder(Path.GetDirectoryName(path)!);
        long replaced = File.Exists(path) ? new FileInfo(path).Length : 0;
        File.Move(partial, path, overwrite: true); // the one there may be damaged; this one is not
        Shrink(replaced);
        Log.ModelStored(_logger, digest, sizeBytes);
        return StoreResult.Stored(digest, sizeBytes);
    }

    private string ManifestOf(string digest) => PathOf(digest) + ".json";

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
