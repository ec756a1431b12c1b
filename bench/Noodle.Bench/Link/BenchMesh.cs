using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Bench.Link;

/// <summary>A mesh of two nodes with certificates of one authority: every subject with TLS uses these.</summary>
internal sealed class BenchMesh : IDisposable
{
    private readonly MeshAuthority _authority = MeshAuthority.Create(TimeProvider.System);
    private readonly Identity _client;
    private readonly Identity _server;

    public BenchMesh()
    {
        (_client, _server) = (Issue("client"), Issue("server"));
        (_client.Other, _server.Other) = (_server, _client);
    }

    public ILinkIdentity Client => _client;

    public ILinkIdentity Server => _server;

    /// <summary>TLS 1.3 as NoodleLink has it: both ends show a certificate, sessions are not resumed.</summary>
    public SslServerAuthenticationOptions ForServer(string protocol) => new()
    {
        ApplicationProtocols = [new SslApplicationProtocol(protocol)],
        ServerCertificate = _server.Certificate,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => _server.IsOther(certificate),
    };

    /// <inheritdoc cref="ForServer"/>
    public SslClientAuthenticationOptions ForClient(string protocol) => new()
    {
        TargetHost = "noodle",
        ApplicationProtocols = [new SslApplicationProtocol(protocol)],
        ClientCertificates = [_client.Certificate],
        EnabledSslProtocols = SslProtocols.Tls13,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => _client.IsOther(certificate),
    };

    public void Dispose()
    {
        _client.Certificate.Dispose();
        _server.Certificate.Dispose();
        _authority.Dispose();
    }

    private Identity Issue(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] request = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        NodeId node = NodeId.Create(name, Guid.NewGuid());
        if (!_authority.TryIssue(request, node, MeshRole.Operator, out X509Certificate2? bare))
        {
            throw new InvalidOperationException("the authority issues no certificate");
        }

        using (bare)
        {
            using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
            return new Identity(
                node, X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null));
        }
    }

    /// <summary>Knows the other one: what a handshake costs is not measured here.</summary>
    private sealed class Identity(NodeId node, X509Certificate2 certificate) : ILinkIdentity
    {
        public Identity Other { get; set; } = null!;

        public NodeId Node => node;

        public X509Certificate2 Certificate => certificate;

        public X509Certificate2Collection Issuers { get; } = [];

        public bool IsOther(X509Certificate? shown) =>
            shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(Other.Certificate.RawDataMemory.Span);

        public bool TryVerifyPeer(X509Certificate2 certificate, bool asServer, out NodeId peer, out string? fault)
        {
            (peer, fault) = (Other.Node, IsOther(certificate) ? null : "it is not the other node of the benchmark");
            return fault is null;
        }
    }
}
