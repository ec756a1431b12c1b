using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Wire;

namespace NoodleNet.Trust;

/// <summary>What gossip proves about who a member is.</summary>
public enum MemberIdentity
{
    /// <summary>It claims nothing: an agent of Serf, say. It is no candidate for anything.</summary>
    Stranger,

    /// <summary>Its claim is unreadable, or not signed with the key in it, or made for another name, port or
    /// mesh.</summary>
    Unverified,

    /// <summary>Its claim is in order, and whether the mesh admitted the key is not known here yet.</summary>
    Claimed,

    /// <summary>Its claim is in order, and the key is the one that the mesh admitted under this name.</summary>
    Verified,

    /// <summary>The mesh trusts it no more.</summary>
    Revoked,
}

/// <summary>A node's signed claim in its gossip meta: this name and mesh port belong to this key.</summary>
/// <remarks>
/// Form of the tag <see cref="Tag"/>: base64url of version 1, the public key (x and y, 64), the signature (r and s,
/// 64):
/// 172 characters of the 512 bytes that meta may have. The key is the one of the node's certificate, so that the claim
/// and NoodleLink name the same owner. The gossip key alone makes no claim.
/// </remarks>
public sealed record MetaIdentity(ReadOnlyMemory<byte> Point, ReadOnlyMemory<byte> Signature)
{
    public const string Tag = "id";
    private const byte Version = 1;
    private const int PointBytes = 64;
    private const int Size = 1 + PointBytes + PointBytes;

    // SubjectPublicKeyInfo of a key on P-256, up to the point.
    private static ReadOnlySpan<byte> KeyInfoHead =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    /// <summary>SHA-256 of the key, as an <see cref="AdmittedRecord"/> has it.</summary>
    public byte[] KeyHash => SHA256.HashData(KeyInfo());

    /// <summary>Signs a claim with the key of the node's certificate.</summary>
    public static MetaIdentity Make(ECDsa key, UInt128 mesh, NodeId node, ushort port)
    {
        ArgumentNullException.ThrowIfNull(key);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] bytes = [.. point.X!, .. point.Y!];
        return new MetaIdentity(bytes, key.SignData(Claim(mesh, node, port, bytes), HashAlgorithmName.SHA256));
    }

    /// <summary>The text that goes into the tag.</summary>
    public string ToTag() => Base64Url.EncodeToString([Version, .. Point.Span, .. Signature.Span]);

    /// <summary>Reads a tag; false for what is none, or of a later version.</summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out MetaIdentity? identity)
    {
        identity = null;
        Span<byte> bytes = stackalloc byte[Size];
        if (text is { Length: 172 }
            && Base64Url.DecodeFromChars(text, bytes, out _, out int written) == OperationStatus.Done
            && written == Size && bytes[0] == Version)
        {
            identity = new MetaIdentity(bytes.Slice(1, PointBytes).ToArray(), bytes[(1 + PointBytes)..].ToArray());
        }

        return identity is not null;
    }

    /// <summary>True when the claim is for this name and port in this mesh, and its key signed it.</summary>
    /// <remarks>Cost: one signature check, about 0.1 ms: hold on to the answer.</remarks>
    public bool IsFor(UInt128 mesh, NodeId node, ushort port)
    {
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(KeyInfo(), out _);
            return key.VerifyData(Claim(mesh, node, port, Point.Span), Signature.Span, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false; // no point of the curve
        }
    }

    private byte[] KeyInfo() => [.. KeyInfoHead, .. Point.Span];

    private static byte[] Claim(UInt128 mesh, NodeId node, ushort port, ReadOnlySpan<byte> point)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new FieldWriter(output);
        writer.Raw("noodle meta identity v1\0"u8);
        writer.UInt64((ulong)(mesh >> 64));
        writer.UInt64((ulong)mesh);
        writer.Bytes(Encoding.ASCII.GetBytes(node.ToString()));
        writer.Number(port);
        writer.Raw(point);
        return output.WrittenSpan.ToArray();
    }
}
