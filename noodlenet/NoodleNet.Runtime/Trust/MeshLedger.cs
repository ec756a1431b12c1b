using System.Text.Json;
using NoodleNet.Runtime.Storage;

namespace NoodleNet.Runtime.Trust;

/// <summary>A token that was given out.</summary>
/// <param name="Id">Sixteen hexadecimal digits.</param>
/// <param name="SecretHash">SHA-256 of the secret; the secret itself is not kept.</param>
/// <param name="ExpiresUnix">Seconds since 1970.</param>
internal sealed record TokenLine(string Id, byte[] SecretHash, long ExpiresUnix, MeshRole Role);

/// <summary>A node that has a certificate.</summary>
/// <param name="KeyHash">SHA-256 of its public key: the name stays with the key.</param>
internal sealed record NodeLine(byte[] KeyHash, MeshRole Role);

/// <summary>What an authority must remember, as a file.</summary>
internal sealed record MeshLedger(List<TokenLine> Tokens, SortedDictionary<string, NodeLine> Nodes)
{
    public const int MaxTokens = 256;
    public const int MaxNodes = 16_384;
    private const int MaxFileBytes = 16 << 20;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static MeshLedger Empty() => new([], new(StringComparer.Ordinal));

    public MeshLedger Copy() => new([.. Tokens], new(Nodes, StringComparer.Ordinal));

    public void Save(string path) => AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(this, s_json));

    /// <exception cref="StorageException">It is missing, damaged or readable by others.</exception>
    public static MeshLedger Load(string path)
    {
        byte[] content = AtomicFile.Read(path, MaxFileBytes) ?? throw new StorageException(
            $"The file '{path}' is missing beside its authority; bring it back from a backup.");
        PemFile.RefuseReadableByOthers(path);
        try
        {
            MeshLedger? read = JsonSerializer.Deserialize<MeshLedger>(content, s_json);
            return read is { Tokens: { } tokens, Nodes: { } nodes }
                && tokens.TrueForAll(token => token is { Id: not null, SecretHash.Length: MeshToken.HashBytes })
                && nodes.Values.All(node => node is { KeyHash.Length: MeshToken.HashBytes })
                ? new MeshLedger(tokens, new(nodes, StringComparer.Ordinal))
                : throw new JsonException("a field is missing");
        }
        catch (JsonException e)
        {
            throw new StorageException(
                $"The file '{path}' is damaged ({e.Message}); bring it back from a backup.", e);
        }
    }
}
