using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;
using NoodleNet.Wire;

namespace NoodleNet.Runtime.Trust;

/// <summary>Lets a new node into a mesh: it names the mesh so that no other can ask for the secret in it.</summary>
/// <remarks>
/// Text form: <c>noodle1.</c> and base64url of: SHA-256 of the authority's certificate (32), id (8), secret (32),
/// expiry (8, seconds since 1970), role (1), and 4 bytes of the SHA-256 of all before, against slips in copying.
/// </remarks>
public sealed class MeshToken
{
    public const int HashBytes = SHA256.HashSizeInBytes;
    public const int SecretBytes = 32;

    private const string Prefix = "noodle1.";
    private const int CheckBytes = 4;
    private const int BodyBytes = HashBytes + 8 + SecretBytes + 8 + 1;
    private const int MaxFileBytes = 1024;

    private readonly byte[] _authorityHash;
    private readonly byte[] _secret;

    internal MeshToken(
        ReadOnlySpan<byte> authorityHash, ulong id, ReadOnlySpan<byte> secret, DateTimeOffset expires, MeshRole role)
    {
        (_authorityHash, _secret) = (authorityHash.ToArray(), secret.ToArray());
        (Id, Expires, Role) = (id, DateTimeOffset.FromUnixTimeSeconds(expires.ToUnixTimeSeconds()), role);
    }

    /// <summary>Names the token; not secret.</summary>
    public ulong Id { get; }

    public DateTimeOffset Expires { get; }

    public MeshRole Role { get; }

    /// <summary>The mesh that the token lets into.</summary>
    public MeshId Mesh => MeshId.FromHash(_authorityHash);

    internal ReadOnlySpan<byte> AuthorityHash => _authorityHash;

    internal ReadOnlySpan<byte> Secret => _secret;

    public bool IsExpired(DateTimeOffset now) => now >= Expires;

    /// <summary>The text form, with the secret in it: for a file or the person who asked, never for a log.</summary>
    public string ToSecretText()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Raw(_authorityHash);
        writer.UInt64(Id);
        writer.Raw(_secret);
        writer.UInt64((ulong)Expires.ToUnixTimeSeconds());
        writer.Byte((byte)Role);
        writer.Raw(SHA256.HashData(output.WrittenSpan).AsSpan(0, CheckBytes));
        return Prefix + Base64Url.EncodeToString(output.WrittenSpan);
    }

    /// <summary>Names the token without its secret.</summary>
    public override string ToString() => $"token {TrustKeys.TextOf(Id)} of mesh {Mesh}";

    /// <summary>Reads the text form, white space around it allowed.</summary>
    /// <param name="fault">What is wrong, as a sentence.</param>
    public static bool TryParse(
        string? text, [NotNullWhen(true)] out MeshToken? token, [NotNullWhen(false)] out string? fault)
    {
        token = null;
        text = text?.Trim() ?? "";
        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            fault = $"That is not a join token: one starts with '{Prefix}'; copy it again from where it was made.";
            return false;
        }

        Span<byte> bytes = stackalloc byte[BodyBytes + CheckBytes];
        OperationStatus status = Base64Url.DecodeFromChars(
            text.AsSpan(Prefix.Length), bytes, out _, out int written);
        bool whole = status == OperationStatus.Done && written == bytes.Length
            && SHA256.HashData(bytes[..BodyBytes]).AsSpan(0, CheckBytes).SequenceEqual(bytes[BodyBytes..]);
        token = whole ? FromBytes(bytes) : null;
        // One token, one spelling: base64 has spare bits and takes white space.
        token = token?.ToSecretText() == text ? token : null;
        fault = token is null ? "The join token is not whole; copy it again, from 'noodle1.' to its end." : null;
        return token is not null;
    }

    /// <summary>Writes the token, for the owner's eyes only.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public void Save(string path) => AtomicFile.Write(path, FileContent());

    /// <summary>Reads a token file; null when there is none.</summary>
    /// <exception cref="StorageException">It holds no token, or others may read it.</exception>
    public static MeshToken? Load(string path)
    {
        if (AtomicFile.Read(path, MaxFileBytes) is not { } content)
        {
            return null;
        }

        PemFile.RefuseReadableByOthers(path);
        return TryParse(Encoding.UTF8.GetString(content), out MeshToken? token, out string? fault)
            ? token
            : throw new StorageException($"The token file '{path}' is not usable. {fault}");
    }

    /// <summary>Writes the token unless the file is there; of several nodes that try, one gets true.</summary>
    internal bool TryCreate(string path) => AtomicFile.TryCreate(path, FileContent());

    private byte[] FileContent() => Encoding.ASCII.GetBytes(ToSecretText() + "\n");

    private static MeshToken? FromBytes(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> tail = bytes[(HashBytes + 8 + SecretBytes)..];
        ulong id = BinaryPrimitives.ReadUInt64BigEndian(bytes[HashBytes..]);
        long expires = BinaryPrimitives.ReadInt64BigEndian(tail);
        var role = (MeshRole)tail[8];
        return Enum.IsDefined(role) && expires >= 0 && expires <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? new MeshToken(bytes[..HashBytes], id, bytes.Slice(HashBytes + 8, SecretBytes),
                DateTimeOffset.FromUnixTimeSeconds(expires), role)
            : null;
    }
}
