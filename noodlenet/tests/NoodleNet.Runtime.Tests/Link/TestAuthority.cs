using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>A certificate authority for one test: its certificates carry the node id as their common name.</summary>
internal sealed class TestAuthority
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=test mesh", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public ILinkIdentity Issue(NodeId node, TestAuthority? trusts = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string name = node.ToString();
        var request = new CertificateRequest(new X500DistinguishedName($"CN={name[^32..]}, O={name[..^33]}"), key,
            HashAlgorithmName.SHA256);
        using X509Certificate2 bare = request.Create(
            _root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), Guid.NewGuid().ToByteArray());
        using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
        return new Identity(node, certificate, (trusts ?? this)._root);
    }

    private sealed class Identity(NodeId node, X509Certificate2 certificate, X509Certificate2 root) : ILinkIdentity
    {
        public NodeId Node => node;

        public X509Certificate2 Certificate => certificate;

        public X509Certificate2Collection Issuers { get; } = [];

        public bool TryVerifyPeer(X509Certificate2 certificate, bool asServer, out NodeId peer, out string? fault)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(root);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            string[] names =
            [
                .. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
                    .Select(static part => part.GetSingleElementValue()!),
            ];
            peer = default;
            fault = !chain.Build(certificate) ? "its certificate is of another mesh" : null;
            return fault is null && NodeId.TryParse($"{names[1]}-{names[0]}", out peer)
                || (NodeId.TryParse($"{names[0]}-{names[1]}", out peer) && fault is null);
        }
    }
}
