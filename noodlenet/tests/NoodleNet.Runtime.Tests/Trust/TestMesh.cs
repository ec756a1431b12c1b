using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

/// <summary>A mesh with its founder, in a folder of its own.</summary>
internal sealed class TestMesh : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestMesh(TestClock clock)
    {
        Clock = clock;
        Authority = MeshAuthority.Create(clock);
        Trust = new MeshTrust(Authority.Certificate);
        Registrar = new MeshRegistrar(Authority, Trust, LedgerPath, clock);
        Founder = Credentials(Node("founder"));
    }

    public TestClock Clock { get; }

    public MeshAuthority Authority { get; }

    public MeshTrust Trust { get; }

    public MeshRegistrar Registrar { get; }

    public NodeCredentials Founder { get; }

    public string LedgerPath => _folder["authority.json"];

    public static NodeId Node(string host) => NodeId.Create(host, Guid.Parse("0123456789abcdef0123456789abcdef"));

    public JoinService Service(MeshRegistrar? registrar) =>
        new(Founder, Trust, () => registrar, Clock, NullLogger.Instance);

    public MeshToken Token() => Registrar.CreateToken(TimeSpan.FromHours(1));

    /// <summary>A node that was admitted by hand.</summary>
    public NodeCredentials Member(NodeId node, MeshRole role)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signing = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        AdmissionReply reply = Registrar.AdmitCompared(node, signing, role);
        using X509Certificate2 issued = X509CertificateLoader.LoadCertificate(reply.Certificate!);
        return Credentials(node, issued, key);
    }

    public NodeCredentials Credentials(NodeId node)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = Registrar.IssueOwn(key, node);
        return Credentials(node, issued, key);
    }

    private NodeCredentials Credentials(NodeId node, X509Certificate2 issued, ECDsa key) => new(
        node, PemFile.WithKey(issued, key), X509CertificateLoader.LoadCertificate(Authority.Certificate.RawData),
        [RandomNumberGenerator.GetBytes(NodeCredentials.GossipKeyBytes)], Clock)
    {
        RevokedAt = Trust.RevokedAt,
    };

    public void Dispose()
    {
        Founder.Dispose();
        Trust.Dispose();
        Registrar.Dispose();
        _folder.Dispose();
    }
}
