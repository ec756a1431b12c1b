using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Trust;

/// <summary>Decides whether a certificate speaks for a node of one mesh.</summary>
/// <remarks>
/// Meaning: issued by this authority itself and nobody below it, valid now, for the side the peer is on, with exactly
/// one node name and that of this mesh. The machine's own trusted authorities have no say.
/// </remarks>
internal static class PeerCheck
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <returns>Why the certificate is refused, as a sentence; null when it is good.</returns>
    public static string? Verify(
        X509Certificate2 certificate, X509Certificate2 authority, bool asServer, DateTimeOffset now, out NodeId node)
    {
        node = default;
        if (now < certificate.NotBefore || now > certificate.NotAfter)
        {
            return CertificateTime.Explain(certificate, now);
        }

        try
        {
            if (!IsFor(certificate, asServer ? ServerUse : ClientUse))
            {
                return $"The certificate is not for use as a {(asServer ? "server" : "client")}.";
            }

            return VerifyIssuer(certificate, authority, now)
                ?? NodeName.Read(certificate, MeshId.Of(authority), out node);
        }
        catch (CryptographicException)
        {
            return "The certificate cannot be read."; // its parts are decoded only when they are asked for
        }
    }

    private static bool IsFor(X509Certificate2 certificate, string use)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension is X509EnhancedKeyUsageExtension uses)
            {
                foreach (Oid oid in uses.EnhancedKeyUsages)
                {
                    if (oid.Value == use)
                    {
                        return true;
                    }
                }
            }
        }

        return false; // a certificate without the extension is for everything: ours always have it
    }

    private static string? VerifyIssuer(X509Certificate2 certificate, X509Certificate2 authority, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.LocalDateTime;
        bool good = chain.Build(certificate);
        string? fault = good && chain.ChainElements.Count == 2 ? null
            : $"The certificate was not issued by this mesh ({Reasons(chain)}).";
        foreach (X509ChainElement element in chain.ChainElements)
        {
            element.Certificate.Dispose();
        }

        return fault;
    }

    private static string Reasons(X509Chain chain) => chain.ChainStatus.Length == 0
        ? "another authority stands between"
        : string.Join(", ", chain.ChainStatus.Select(status => status.Status));
}
