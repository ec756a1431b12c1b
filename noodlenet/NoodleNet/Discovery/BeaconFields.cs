namespace NoodleNet.Discovery;

/// <summary>What stands in a beacon behind its fixed part: pairs of a type and up to 255 bytes.</summary>
/// <remarks>
/// Form: <c>type 1 | length 1 | value</c>, again and again. Types: 0 padding, 1 fingerprint 32, 2 public key 64,
/// 3 signature 64. A type that is not known is passed over, and what follows the first pair that is cut is not read.
/// The signature is over the text <c>noodle beacon signature v1</c> and every byte of the beacon before its pair;
/// the last pair of a type counts, and without a public key before it there is no signature.
/// </remarks>
internal readonly ref struct BeaconFields
{
    public const byte Padding = 0;
    public const byte Fingerprint = 1;
    public const byte PublicKey = 2;
    public const byte Signature = 3;

    private readonly ReadOnlySpan<byte> _signedPart, _publicKey, _signature;

    private BeaconFields(
        KeyFingerprint? fingerprint, ReadOnlySpan<byte> signedPart, ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> signature)
    {
        ClaimedFingerprint = fingerprint;
        _signedPart = signedPart;
        _publicKey = publicKey;
        _signature = signature;
    }

    /// <summary>The fingerprint that the beacon names: of its public key when it has one.</summary>
    public KeyFingerprint? ClaimedFingerprint { get; }

    public bool HasSignature => !_signature.IsEmpty;

    private static ReadOnlySpan<byte> Domain => "noodle beacon signature v1"u8;

    /// <param name="beacon">The beacon without its seal.</param>
    /// <param name="start">Where the pairs begin.</param>
    public static BeaconFields Read(ReadOnlySpan<byte> beacon, int start)
    {
        KeyFingerprint? fingerprint = null;
        ReadOnlySpan<byte> publicKey = default, signature = default, signedPart = default;
        int at = start;
        while (at + 2 <= beacon.Length && at + 2 + beacon[at + 1] <= beacon.Length)
        {
            ReadOnlySpan<byte> value = beacon.Slice(at + 2, beacon[at + 1]);
            switch (beacon[at])
            {
                case Fingerprint when value.Length == KeyFingerprint.Bytes:
                    fingerprint = new KeyFingerprint(value);
                    break;
                case PublicKey when value.Length == BeaconSigner.PublicKeyBytes: publicKey = value; break;
                case Signature when value.Length == BeaconSigner.SignatureBytes && !publicKey.IsEmpty:
                    signature = value;
                    signedPart = beacon[..at];
                    break;
            }

            at += 2 + value.Length;
        }

        return new BeaconFields(
            publicKey.IsEmpty ? fingerprint : BeaconSigner.FingerprintOf(publicKey), signedPart, publicKey, signature);
    }

    /// <summary>Adds one pair.</summary>
    public static void Write(List<byte> output, byte type, ReadOnlySpan<byte> value)
    {
        output.Add(type);
        output.Add((byte)value.Length);
        output.AddRange(value);
    }

    /// <summary>Signs what stands there so far.</summary>
    public static byte[] Sign(BeaconSigner signer, List<byte> output) => signer.Sign([.. Domain, .. output]);

    /// <summary>True when the signature is good for the public key beside it. Cost: some 100 µs.</summary>
    public bool IsSignatureGood() =>
        HasSignature && BeaconSigner.IsSigned(_publicKey, [.. Domain, .. _signedPart], _signature);
}
