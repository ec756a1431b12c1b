using System.Security.Cryptography;

namespace NoodleNet.Discovery;

/// <summary>What a node signs its beacons with: its own key, which a host holds.</summary>
/// <param name="PublicKey">The point of an ECDSA key on P-256: X and Y, 32 bytes each.</param>
/// <param name="Sign">Gives the 64 bytes r and s over the SHA-256 of what it is given.</param>
public sealed record BeaconSigner(ReadOnlyMemory<byte> PublicKey, Func<byte[], byte[]> Sign)
{
    public const int PublicKeyBytes = 64;
    public const int SignatureBytes = 64;

    /// <summary>The fingerprint of <see cref="PublicKey"/>.</summary>
    public KeyFingerprint Fingerprint => FingerprintOf(PublicKey.Span);

    // SubjectPublicKeyInfo of a P-256 key up to its point: RFC 5480, section 2.
    private static ReadOnlySpan<byte> KeyHead =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

    internal static KeyFingerprint FingerprintOf(ReadOnlySpan<byte> publicKey) =>
        KeyFingerprint.OfKey([.. KeyHead, .. publicKey]);

    /// <summary>True when the owner of the key signed the data.</summary>
    internal static bool IsSigned(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var key = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = publicKey[..32].ToArray(), Y = publicKey[32..].ToArray() },
            });
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false; // no point of the curve
        }
    }
}
