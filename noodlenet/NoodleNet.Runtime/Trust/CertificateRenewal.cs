using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using NoodleNet.Runtime.Storage;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Trust;

/// <summary>Renews a running node's certificate by <see cref="RenewalPlan"/>; nothing is restarted.</summary>
/// <remarks>
/// Meaning: the key stays, the certificate is new; connections that stand go on, new ones show it. An admin signs its
/// own. Bound: one attempt at a time, at most one a minute after a failure.
/// </remarks>
/// <param name="ask">Hands a request to an admin of the mesh; Unreachable or NotAnAuthority when there is none.</param>
public sealed class CertificateRenewal(
    MeshMembership membership, Func<AdmissionAsk, CancellationToken, Task<AdmissionReply>> ask, TimeProvider clock,
    ILogger logger)
{
    private int _failures;

    /// <summary>Renews until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            TimeSpan pause = Plan().PauseBefore(clock.GetUtcNow(), _failures);
            // Never shorter than a second: a plan that is due at once, again and again, is no reason to spin.
            await Task.Delay(pause > TimeSpan.FromSeconds(1) ? pause : TimeSpan.FromSeconds(1), clock, cancellation);
            await RenewIfDueAsync(cancellation);
        }
    }

    /// <summary>Renews if it is time; the fault is None when nothing was to be done.</summary>
    public async Task<JoinFault> RenewIfDueAsync(CancellationToken cancellation)
    {
        RenewalPlan plan = Plan();
        DateTimeOffset now = clock.GetUtcNow();
        if (!plan.IsDue(now))
        {
            return JoinFault.None;
        }

        JoinFault fault = await RenewAsync(cancellation);
        if (fault == JoinFault.None)
        {
            _failures = 0;
            Log.CertificateRenewed(logger, membership.Credentials.Certificate.NotAfter);
            return fault;
        }

        _failures++;
        if (plan.IsLate(now))
        {
            Log.CertificateLate(logger, plan.Ends, fault);
        }
        else
        {
            Log.RenewalFailed(logger, fault, plan.Ends);
        }

        return fault;
    }

    private RenewalPlan Plan()
    {
        X509Certificate2 certificate = membership.Credentials.Certificate;
        return new RenewalPlan(certificate.NotBefore, certificate.NotAfter);
    }

    private async Task<JoinFault> RenewAsync(CancellationToken cancellation)
    {
        AdmissionAsk request = RequestOf(membership.Credentials);
        try
        {
            AdmissionReply reply = membership.Registrar is { } own ? own.Decide(request)
                : await ask(request, cancellation);
            return reply.Fault != JoinFault.None ? reply.Fault
                : reply.Certificate is { } certificate && membership.TryRenew(certificate) ? JoinFault.None
                : JoinFault.BadAnswer;
        }
        catch (StorageException e)
        {
            Log.LedgerUnwritable(logger, e.Message);
            return JoinFault.Storage;
        }
    }

    /// <summary>Asks for a new certificate for the key of the one that this node has.</summary>
    internal static AdmissionAsk RequestOf(NodeCredentials own)
    {
        X509Certificate2 certificate = own.Certificate;
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        byte[] signing = new CertificateRequest("CN=noodle", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        byte[] nonce = RandomNumberGenerator.GetBytes(JoinProof.NonceBytes);
        byte[] noServer = new byte[SHA256.HashSizeInBytes]; // the link itself is authenticated at both ends
        byte[] transcript = JoinProof.Transcript(
            own.Authority.GetCertHash(HashAlgorithmName.SHA256), noServer, nonce, 0, own.Node, signing);
        var request = new JoinRequest(
            JoinKind.Certificate, 0, CertificateProof.Make(certificate, transcript), own.Node, signing,
            certificate.RawData);
        return new AdmissionAsk(JoinWire.Request(request), noServer, nonce);
    }
}
