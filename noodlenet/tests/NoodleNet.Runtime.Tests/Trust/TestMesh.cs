using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

/// <summary>A mesh with its founder, in a folder of its own.</summary>
internal sealed class TestMesh : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestMesh(TestClock clock)
    {
        Clock = clock;
        Authority = MeshAuthority.Create(clock);
        Registrar = new MeshRegistrar(Authority, MeshLedger.Empty(), LedgerPath, clock);
        Founder = Credentials(Node("founder"));
    }

    public TestClock Clock { get; }

    public MeshAuthority Authority { get; }

    public MeshRegistrar Registrar { get; }

    public NodeCredentials Founder { get; }

    public string LedgerPath => _folder["authority.json"];

    public static NodeId Node(string host) => NodeId.Create(host, Guid.Parse("0123456789abcdef0123456789abcdef"));

    public JoinService Service(MeshRegistrar? registrar) => new(Founder, registrar, Clock, NullLogger.Instance);

    public MeshToken Token() => Registrar.CreateToken(TimeSpan.FromHours(1));

    public NodeCredentials Credentials(NodeId node)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = Registrar.IssueOwn(key, node);
        return new NodeCredentials(
            node, PemFile.WithKey(issued, key), X509CertificateLoader.LoadCertificate(Authority.Certificate.RawData),
            RandomNumberGenerator.GetBytes(NodeCredentials.GossipKeyBytes), Clock);
    }

    public void Dispose()
    {
        Founder.Dispose();
        Registrar.Dispose();
        _folder.Dispose();
    }
}
