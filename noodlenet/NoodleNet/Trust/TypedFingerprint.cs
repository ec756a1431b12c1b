using System.Diagnostics.CodeAnalysis;
using NoodleNet.Discovery;

namespace NoodleNet.Trust;

/// <summary>A fingerprint as a person read it from one screen and typed it at another.</summary>
/// <remarks>
/// Meaning: 80 bits of a SHA-256. Who wants another key that fits must try 2^80 keys. Of a node it is the hash of its
/// public key, of a mesh that of its authority's.
/// </remarks>
public readonly record struct TypedFingerprint
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int Letters = 16;
    private readonly string? _text;

    private TypedFingerprint(string text) => _text = text;

    /// <summary>Reads either case, hyphens and white space or none; false for anything but 16 letters of
    /// base32.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out TypedFingerprint fingerprint)
    {
        string letters = string.Concat((text ?? "").Where(c => c != '-' && !char.IsWhiteSpace(c))).ToUpperInvariant();
        bool good = letters.Length == Letters && letters.All(Alphabet.Contains);
        fingerprint = good
            ? new TypedFingerprint($"{letters[..4]}-{letters[4..8]}-{letters[8..12]}-{letters[12..]}")
            : default;
        return good;
    }

    /// <summary>True when the key is the one that the person meant.</summary>
    public bool Fits(KeyFingerprint key) => _text == key.ToString();

    public override string ToString() => _text ?? "none";
}
