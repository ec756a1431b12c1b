using System.Text.Json;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>An admin's own copy of all trust records: what it answered lies on its disk before the answer is
/// given.</summary>
internal static class LedgerFile
{
    private const int MaxBytes = 32 << 20;
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private sealed record Content(SortedDictionary<string, byte[]> Records);

    /// <exception cref="StorageException">It cannot be written.</exception>
    public static void Save(string path, IEnumerable<(string Key, ReadOnlyMemory<byte> Value)> records)
    {
        var content = new Content(new SortedDictionary<string, byte[]>(StringComparer.Ordinal));
        foreach ((string key, ReadOnlyMemory<byte> value) in records)
        {
            content.Records[key] = value.ToArray();
        }

        AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(content, s_json));
    }

    /// <exception cref="StorageException">It is missing, damaged or readable by others.</exception>
    public static IReadOnlyDictionary<string, byte[]> Load(string path)
    {
        byte[] content = AtomicFile.Read(path, MaxBytes) ?? throw new StorageException(
            $"The file '{path}' is missing beside its authority; bring it back from a backup.");
        PemFile.RefuseReadableByOthers(path);
        try
        {
            Content? read = JsonSerializer.Deserialize<Content>(content, s_json);
            return read is { Records: { } records } && records.Values.All(value => value is not null)
                ? records
                : throw new JsonException("a field is missing");
        }
        catch (JsonException e)
        {
            throw new StorageException(
                $"The file '{path}' is damaged ({e.Message}); bring it back from a backup.", e);
        }
    }
}
