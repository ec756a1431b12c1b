using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Trust;

/// <summary>Proves that a node owns the certificate that it has: for a new one, or for the gossip keys.</summary>
internal static class CertificateProof
{
    /// <summary>Signs a transcript with the key of a certificate.</summary>
    public static byte[] Make(X509Certificate2 certificate, byte[] transcript)
    {
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return key.SignData(transcript, HashAlgorithmName.SHA256);
    }

    /// <summary>Checks certificate and signature, that the key is the admitted one, and that nobody revoked
    /// it.</summary>
    /// <param name="requested">The key that is to be certified; null when none is.</param>
    public static JoinFault Check(
        JoinRequest request, X509Certificate2 authority, MeshTrust trust, byte[] transcript, PublicKey? requested,
        DateTimeOffset now)
    {
        try
        {
            using X509Certificate2 shown = X509CertificateLoader.LoadCertificate(request.Certificate);
            if (PeerCheck.Verify(shown, authority, asServer: false, now, out NodeId named) is not null
                || named != request.Node)
            {
                return JoinFault.BadCertificate;
            }

            byte[] keyHash = MeshTrust.HashOf(shown.PublicKey);
            using ECDsa? key = shown.GetECDsaPublicKey();
            return trust.RevokedAt(named) is not null ? JoinFault.Revoked
                : key is null || !key.VerifyData(transcript, request.Proof, HashAlgorithmName.SHA256)
                    ? JoinFault.BadCertificate
                : requested is not null && !MeshTrust.HashOf(requested).AsSpan().SequenceEqual(keyHash)
                    ? JoinFault.NameTaken
                : trust.TryGetAdmitted(named, out var admitted) && !admitted.KeyHash.Span.SequenceEqual(keyHash)
                    ? JoinFault.NameTaken
                : JoinFault.None;
        }
        catch (CryptographicException)
        {
            return JoinFault.BadCertificate;
        }
    }
}
