using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NoodleNet.Discovery;

namespace NoodleNet.Runtime.Discovery;

/// <summary>Makes <see cref="BeaconSigner"/>s of a node's key.</summary>
public static class KeySigner
{
    /// <summary>Signs with a key that outlives the signer.</summary>
    /// <param name="key">ECDSA on P-256.</param>
    /// <exception cref="ArgumentException">The key is on another curve.</exception>
    public static BeaconSigner Of(ECDsa key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ECPoint point = key.ExportParameters(includePrivateParameters: false).Q;
        byte[] publicKey = [.. point.X ?? [], .. point.Y ?? []];
        return publicKey.Length == BeaconSigner.PublicKeyBytes
            ? new BeaconSigner(publicKey, data => key.SignData(data, HashAlgorithmName.SHA256))
            : throw new ArgumentException("Beacons are signed with a key on P-256; this one is on another curve.",
                nameof(key));
    }

    /// <summary>Signs with the key of a certificate, as long as that is not disposed of; null when the certificate has
    /// no such key.</summary>
    public static BeaconSigner? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        using ECDsa? key = certificate.GetECDsaPrivateKey();
        if (key is null || key.KeySize != 256)
        {
            return null;
        }

        BeaconSigner shape = Of(key);
        return shape with
        {
            Sign = data =>
            {
                using ECDsa again = certificate.GetECDsaPrivateKey()!;
                return again.SignData(data, HashAlgorithmName.SHA256);
            },
        };
    }
}
