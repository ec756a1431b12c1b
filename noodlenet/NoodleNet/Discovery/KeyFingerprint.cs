using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NoodleNet.Discovery;

/// <summary>SHA-256 of a node's public key (its SubjectPublicKeyInfo): what people compare before they admit
/// it.</summary>
public readonly record struct KeyFingerprint
{
    public const int Bytes = SHA256.HashSizeInBytes;

    // RFC 4648, section 6: no digit that looks like a letter.
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Groups = 4;
    private const int GroupLength = 4;

    private readonly ulong _a, _b, _c, _d;

    /// <param name="hash"><see cref="Bytes"/> bytes.</param>
    public KeyFingerprint(ReadOnlySpan<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, Bytes);
        _a = BinaryPrimitives.ReadUInt64BigEndian(hash);
        _b = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(hash[24..]);
    }

    /// <summary>The fingerprint of a key.</summary>
    /// <param name="subjectPublicKeyInfo">The key in DER, as certificates hold it.</param>
    public static KeyFingerprint OfKey(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        new(SHA256.HashData(subjectPublicKeyInfo));

    public byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8), _b);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(16), _c);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(24), _d);
        return bytes;
    }

    /// <summary>Its first 80 bits for people, such as <c>ABCD-EFGH-2345-WXYZ</c>.</summary>
    public override string ToString()
    {
        UInt128 high = new(_a, _b);
        return string.Create(Groups * (GroupLength + 1) - 1, high, static (text, bits) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                if (i % (GroupLength + 1) == GroupLength)
                {
                    text[i] = '-';
                    continue;
                }

                text[i] = Alphabet[(int)(bits >> 123)];
                bits <<= 5;
            }
        });
    }
}
