using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Link;

namespace NoodleNet.Runtime.Link;

/// <summary>The TLS side of the link: version 1.3 only, a certificate of each end, protocol chosen by ALPN.</summary>
/// <remarks>
/// Meaning: .NET's own chain check does not decide, <see cref="ILinkIdentity"/> does. A server cannot know the ALPN
/// while it checks a certificate, so it judges after the handshake and before it reads one byte of the peer.
/// Sessions are not resumed: each connection shows its certificates anew.
/// </remarks>
internal sealed class LinkTls(ILinkIdentity identity, IReadOnlyList<ISideProtocol> sideProtocols)
{
    public static readonly SslApplicationProtocol Protocol = new("noodle/1");

    private readonly Lock _gate = new();
    private X509Certificate2? _certificate;
    private SslStreamCertificateContext? _context;

    public ISideProtocol? FindSideProtocol(SslApplicationProtocol protocol) =>
        sideProtocols.FirstOrDefault(side => side.Protocol == protocol);

    public SslServerAuthenticationOptions ForServer() => new()
    {
        ApplicationProtocols = [Protocol, .. sideProtocols.Select(side => side.Protocol)],
        ServerCertificateContext = GetContext(),
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoDownloads(),
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is null or X509Certificate2,
    };

    /// <summary>The same for QUIC, which carries this protocol alone: the handshake judges the certificate.</summary>
    public SslServerAuthenticationOptions ForQuicServer()
    {
        SslServerAuthenticationOptions options = ForServer();
        options.ApplicationProtocols = [Protocol];
        options.RemoteCertificateValidationCallback =
            (_, certificate, _, _) => Verify(certificate, asServer: false, out _, out _) == LinkFault.None;
        return options;
    }

    /// <param name="judge">Called with the verdict on the server's certificate before anything is sent to it.</param>
    public SslClientAuthenticationOptions ForClient(NodeId wanted, Action<LinkFault, string> judge) => new()
    {
        TargetHost = "noodle",
        ApplicationProtocols = [Protocol],
        ClientCertificateContext = GetContext(),
        EnabledSslProtocols = SslProtocols.Tls13,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        CertificateChainPolicy = NoDownloads(),
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            LinkFault fault = Verify(certificate, asServer: true, out NodeId peer, out string detail);
            if (fault == LinkFault.None && peer != wanted)
            {
                (fault, detail) = (LinkFault.WrongNode, $"the node there is {peer}");
            }

            judge(fault, detail);
            return fault == LinkFault.None;
        },
    };

    /// <summary>Decides about a peer's certificate.</summary>
    public LinkFault Verify(X509Certificate? certificate, bool asServer, out NodeId peer, out string detail)
    {
        peer = default;
        detail = "it showed no certificate";
        if (certificate is not X509Certificate2 shown)
        {
            return LinkFault.Untrusted;
        }

        if (!identity.TryVerifyPeer(shown, asServer, out peer, out string? fault))
        {
            detail = fault ?? "its certificate is not accepted";
            return LinkFault.Untrusted;
        }

        detail = "that is this node itself";
        return peer == identity.Node ? LinkFault.SelfConnection : LinkFault.None;
    }

    private SslStreamCertificateContext GetContext()
    {
        lock (_gate)
        {
            X509Certificate2 certificate = identity.Certificate;
            if (_context is null || !ReferenceEquals(certificate, _certificate))
            {
                _context = SslStreamCertificateContext.Create(certificate, identity.Issuers, offline: true);
                _certificate = certificate;
            }

            return _context;
        }
    }

    private static X509ChainPolicy NoDownloads() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
        TrustMode = X509ChainTrustMode.CustomRootTrust,
    };
}
