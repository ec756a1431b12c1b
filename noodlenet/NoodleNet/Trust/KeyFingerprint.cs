using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace NoodleNet.Trust;

/// <summary>A public key in a form that two people can compare: <c>ABCD-EFGH-2345-IJKL</c>.</summary>
/// <remarks>
/// Form: the first 80 bits of a SHA-256 in base32 (RFC 4648), four groups of four. Who wants another key with the same
/// fingerprint must try 2^80 keys. Of a node it is the hash of its public key, of a mesh that of its authority's.
/// </remarks>
public readonly record struct KeyFingerprint
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Letters = 16;
    private const int Group = 4;
    private readonly string? _text;

    private KeyFingerprint(string text) => _text = text;

    /// <summary>The fingerprint of a key whose SHA-256 is known.</summary>
    public static KeyFingerprint OfHash(ReadOnlySpan<byte> sha256)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sha256.Length, SHA256.HashSizeInBytes);
        Span<char> text = stackalloc char[Letters + (Letters / Group) - 1];
        for (int letter = 0; letter < Letters; letter++)
        {
            int bit = letter * 5;
            int window = (sha256[bit / 8] << 8) | sha256[(bit / 8) + 1];
            text[letter + (letter / Group)] = Alphabet[(window >> (11 - (bit % 8))) & 31];
        }

        text[4] = text[9] = text[14] = '-';
        return new KeyFingerprint(text.ToString());
    }

    /// <summary>The fingerprint of a public key, given as SubjectPublicKeyInfo.</summary>
    public static KeyFingerprint OfKey(ReadOnlySpan<byte> publicKeyInfo) => OfHash(SHA256.HashData(publicKeyInfo));

    /// <summary>Reads what people type: either case, hyphens and white space or none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out KeyFingerprint fingerprint)
    {
        string letters = string.Concat((text ?? "").Where(c => c != '-' && !char.IsWhiteSpace(c))).ToUpperInvariant();
        bool good = letters.Length == Letters && letters.All(Alphabet.Contains);
        fingerprint = good
            ? new KeyFingerprint($"{letters[..4]}-{letters[4..8]}-{letters[8..12]}-{letters[12..]}")
            : default;
        return good;
    }

    public override string ToString() => _text ?? "none";
}
