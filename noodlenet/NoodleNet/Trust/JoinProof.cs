using System.Buffers;
using System.Security.Cryptography;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.Trust;

/// <summary>Proves that a joiner has a token's secret, without telling it.</summary>
/// <remarks>
/// Meaning: an HMAC under a key derived from the secret, over all that the join is about. Whoever passes it on can
/// neither take the secret from it nor use it for a key of its own; sent again, it admits the same key once more.
/// </remarks>
public static class JoinProof
{
    public const int ProofBytes = 32;
    public const int NonceBytes = 32;
    public const int SecretBytes = 32;

    /// <summary>What a proof is about, as bytes.</summary>
    /// <param name="authorityHash">SHA-256 of the authority's certificate.</param>
    /// <param name="serverHash">SHA-256 of the certificate that the asked node showed.</param>
    /// <param name="nonce">What the asked node made up for this connection.</param>
    public static byte[] Transcript(
        ReadOnlySpan<byte> authorityHash, ReadOnlySpan<byte> serverHash, ReadOnlySpan<byte> nonce, ulong tokenId,
        NodeId node, ReadOnlySpan<byte> signingRequest)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Raw("noodle join v2\0"u8);
        writer.Bytes(authorityHash);
        writer.Bytes(serverHash);
        writer.Bytes(nonce);
        writer.UInt64(tokenId);
        writer.Text(node.ToString());
        writer.Bytes(signingRequest);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The proof of a transcript.</summary>
    public static byte[] Make(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> transcript)
    {
        Span<byte> key = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, key, [], "noodle join proof v2"u8);
        return HMACSHA256.HashData(key, transcript);
    }

    /// <summary>Compares in a time that tells nothing.</summary>
    public static bool Check(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> transcript, ReadOnlySpan<byte> proof) =>
        CryptographicOperations.FixedTimeEquals(Make(secret, transcript), proof);

    /// <summary>The secret of a token: it follows from the token's terms and a key that only admins hold.</summary>
    /// <remarks>
    /// Nothing of the secret is stored anywhere, and other terms give another secret: a longer life or a higher role
    /// cannot be written into a record.
    /// </remarks>
    /// <param name="tokenKey">32 bytes derived from the authority's private key.</param>
    public static byte[] SecretOf(TokenRecord token, ReadOnlySpan<byte> tokenKey)
    {
        ArgumentNullException.ThrowIfNull(token);
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Raw("noodle token v1\0"u8);
        writer.UInt64(token.Id);
        writer.Byte((byte)token.Role);
        writer.Number(token.MaxUses);
        writer.UInt64((ulong)token.Created.ToUnixTimeSeconds());
        writer.UInt64((ulong)token.Expires.ToUnixTimeSeconds());
        return HMACSHA256.HashData(tokenKey, output.WrittenSpan);
    }
}
