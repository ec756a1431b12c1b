using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using NoodleNet.Discovery.Health;

namespace NoodleNet.Runtime.Trust;

/// <summary>Says in one sentence why a certificate is not valid now, and by how much a clock must be off if that is
/// why.</summary>
internal static class CertificateTime
{
    public static string Explain(X509Certificate2 certificate, DateTimeOffset now)
    {
        DateTime from = certificate.NotBefore.ToUniversalTime(), to = certificate.NotAfter.ToUniversalTime();
        string valid = string.Create(CultureInfo.InvariantCulture,
            $"The certificate is valid from {from:u} to {to:u}, and it is {now:u} here");
        return now.UtcDateTime < from
            ? $"{valid}: this clock is behind by at least {HealthRules.Length(from - now.UtcDateTime)}, or the other "
                + "node's is ahead; set it right, best by NTP."
            : $"{valid}: the certificate ended {HealthRules.Length(now.UtcDateTime - to)} ago, or this clock is ahead "
                + "by at least that; check the clock.";
    }

    /// <summary>A moment at which the certificate is valid: now, or else the nearest.</summary>
    public static DateTimeOffset Nearest(X509Certificate2 certificate, DateTimeOffset now) =>
        now < certificate.NotBefore ? certificate.NotBefore
            : now > certificate.NotAfter ? certificate.NotAfter.AddSeconds(-1) : now; // its last second is over
}
