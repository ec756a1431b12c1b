using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Noodle.Primitives;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class PeerCheckTests : IDisposable
{
    private static readonly NodeId s_peer = TestMesh.Node("peer");
    private readonly TestClock _clock = new();
    private readonly TestMesh _mesh;
    private readonly TemporaryFolder _folder = new();

    public PeerCheckTests() => _mesh = new TestMesh(_clock);

    public void Dispose()
    {
        _mesh.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string?, string?> Certificates => new()
    {   // what is odd                  as a server                        as a client
        { "nothing",                    null,                              null },
        { "for servers only",           null,                              "not for use as a client" },
        { "for clients only",           "not for use as a server",         null },
        { "for no use named",           "not for use as a server",         "not for use as a client" },
        { "expired",                    "The certificate is valid from",   "The certificate is valid from" },
        { "not valid yet",              "The certificate is valid from",   "The certificate is valid from" },
        { "foreign authority",          "not issued by this mesh",         "not issued by this mesh" },
        { "signed by itself",           "not issued by this mesh",         "not issued by this mesh" },
        { "signed by a member",         "not issued by this mesh",         "not issued by this mesh" },
        { "no name",                    "names no node",                   "names no node" },
        { "a host name only",           "names no node",                   "names no node" },
        { "two names",                  "names more than one node",        "names more than one node" },
        { "another mesh's name",        "not for this one",                "not for this one" },
        { "a name of no node",          "in a form that is not Noodle's",  "in a form that is not Noodle's" },
        { "a name with more behind",    "in a form that is not Noodle's",  "in a form that is not Noodle's" },
        { "names in no known form",     "cannot be read",                  "cannot be read" },
        { "uses in no known form",      "cannot be read",                  "cannot be read" },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public void A_peer_is_admitted_only_with_a_certificate_in_order(string odd, string? asServer, string? asClient)
    {
        using X509Certificate2 certificate = Make(odd);
        Check(true, asServer);
        Check(false, asClient);

        void Check(bool side, string? expected)
        {
            bool good = _mesh.Founder.TryVerifyPeer(certificate, side, out NodeId peer, out string? fault);
            Assert.Equal(expected is null, good);
            Assert.Equal(good ? s_peer : default, peer);
            Assert.Equal(good, fault is null);
            Assert.Contains(expected ?? "", fault ?? "");
        }
    }

    [Fact]
    public void An_issued_certificate_is_what_it_should_be()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=i am the founder", key, HashAlgorithmName.SHA256);
        byte[] asked = request.CreateSigningRequest();
        Assert.True(_mesh.Authority.TryIssue(asked, s_peer, MeshRole.Caller, out X509Certificate2? issued));
        using (issued)
        {
            Assert.Equal(32, issued.SerialNumber.Length);
            Assert.Contains("CN=0123456789abcdef0123456789abcdef", issued.Subject);
            Assert.Contains("OU=caller", issued.Subject);
            Assert.Equal(MeshRole.Caller, NodeName.RoleOf(issued));
            Assert.Equal(_clock.Now.AddDays(7), issued.NotAfter);
            Assert.DoesNotContain(
                issued.Extensions, e => e is X509BasicConstraintsExtension { CertificateAuthority: true });
            Assert.True(_mesh.Founder.TryVerifyPeer(issued, true, out NodeId peer, out _));
            Assert.Equal(s_peer, peer);
        }

        X509Certificate2 ca = _mesh.Authority.Certificate;
        Assert.Contains(
            ca.Extensions, e => e is X509BasicConstraintsExtension { CertificateAuthority: true, Critical: true });
        Assert.Equal(MeshId.FromHash(SHA256.HashData(ca.RawData)), _mesh.Authority.Mesh);
        Assert.False(_mesh.Founder.TryVerifyPeer(ca, true, out _, out _));

        _clock.Now = ca.NotAfter.AddDays(-3);
        Assert.True(_mesh.Authority.TryIssue(asked, s_peer, MeshRole.Caller, out X509Certificate2? late));
        Assert.Equal(ca.NotAfter, late.NotAfter);
        late.Dispose();
    }

    [Fact]
    public void Only_a_signed_request_with_a_key_on_P256_is_taken()
    {
        using ECDsa p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using ECDsa p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using RSA rsa = RSA.Create(2048);
        byte[] good = new CertificateRequest("CN=x", p256, HashAlgorithmName.SHA256).CreateSigningRequest();
        byte[] forged = [.. good];
        forged[^1] ^= 1;
        byte[][] requests =
        [
            [], [0x30], [0x30, 0x80, 0, 0], good[..^1], forged,
            new CertificateRequest("CN=x", p384, HashAlgorithmName.SHA256).CreateSigningRequest(),
            new CertificateRequest("CN=x", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                .CreateSigningRequest(),
        ];
        foreach (byte[] request in requests)
        {
            Assert.False(_mesh.Authority.TryIssue(request, s_peer, MeshRole.Caller, out _));
        }
    }

    [Fact]
    public void Credentials_and_authority_come_back_from_disk()
    {
        string path = _folder["credentials.pem"], authorityPath = _folder["authority.pem"];
        Assert.Null(NodeCredentials.Load(path, s_peer, _clock));
        Assert.Null(MeshAuthority.Load(authorityPath, _clock));
        _mesh.Founder.Save(path);
        _mesh.Authority.Save(authorityPath);

        using NodeCredentials again = NodeCredentials.Load(path, _mesh.Founder.Node, _clock)!;
        Assert.Equal(_mesh.Founder.Certificate.RawData, again.Certificate.RawData);
        Assert.True(again.Certificate.HasPrivateKey);
        Assert.False(again.Issuers[0].HasPrivateKey);
        Assert.Equal(_mesh.Founder.GossipKeys[0].ToArray(), again.GossipKeys[0].ToArray());
        Assert.Equal($"{again.Node} of mesh {again.Mesh}", again.ToString());
        using MeshAuthority authority = MeshAuthority.Load(authorityPath, _clock)!;
        Assert.Equal(_mesh.Authority.Mesh, authority.Mesh);
    }

    [Fact]
    public void Damaged_credentials_are_told_by_name()
    {
        string path = _folder["credentials.pem"];
        _mesh.Founder.Save(path);
        string whole = File.ReadAllText(path);
        string[] lines = whole.Split('\n');
        using var other = new TestMesh(_clock);
        other.Founder.Save(_folder["other.pem"]);
        string theirs = File.ReadAllText(_folder["other.pem"]);
        int ours = whole.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal);
        int cut = theirs.IndexOf("-----BEGIN PRIVATE", StringComparison.Ordinal);
        string[] damages =
        [
            "", whole[..(whole.Length / 2)], whole.Replace("NOODLE GOSSIP KEY", "SOMETHING ELSE"),
            whole.Replace(lines[3], "AAAA"), whole[..ours] + theirs[cut..], theirs[..cut] + whole[ours..],
            whole.Replace(lines[^3], "AAAA"),
        ];
        foreach (string damage in damages)
        {
            File.WriteAllText(path, damage);
            Assert.Contains(path, Refusal(_mesh.Founder.Node));
        }

        File.WriteAllText(path, whole);
        Assert.Contains("it belongs to node", Refusal(s_peer));
        UnixMode.SkipWithout();
        UnixMode.Set(path, UnixMode.OwnerFile | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Refusal(_mesh.Founder.Node));

        string Refusal(NodeId self) =>
            Assert.Throws<StorageException>(() => NodeCredentials.Load(path, self, _clock)).Message;
    }

    private X509Certificate2 Make(string odd)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer", key, HashAlgorithmName.SHA256);
        string good = $"noodle://{_mesh.Authority.Mesh}/{s_peer}";
        OidCollection uses = [];
        foreach (string use in odd switch
        {
            "for servers only" => [PeerCheck.ServerUse],
            "for clients only" => [PeerCheck.ClientUse],
            _ => new[] { PeerCheck.ServerUse, PeerCheck.ClientUse },
        })
        {
            uses.Add(new Oid(use));
        }

        if (odd != "for no use named")
        {
            request.CertificateExtensions.Add(odd == "uses in no known form"
                ? new X509Extension("2.5.29.37", [0x30, 0x03, 0x06, 0x01, 0xFF], false)
                : new X509EnhancedKeyUsageExtension(uses, false));
        }

        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("peer.example");
        foreach (string name in odd switch
        {
            "a host name only" => [],
            "two names" => [good, good],
            "another mesh's name" => [$"noodle://{new MeshId(7)}/{s_peer}"],
            "a name of no node" => [$"noodle://{_mesh.Authority.Mesh}/nobody"],
            "a name with more behind" => [good + "/x"],
            _ => new[] { good },
        })
        {
            names.AddUri(new Uri(name));
        }

        if (odd != "no name")
        {
            request.CertificateExtensions.Add(odd == "names in no known form"
                ? new X509Extension("2.5.29.17", [0x30, 0x03, 0x86, 0x01, 0xFF], false) : names.Build());
        }

        DateTimeOffset from = _clock.Now.AddMinutes(odd == "not valid yet" ? 1 : -30);
        DateTimeOffset to = odd == "expired" ? _clock.Now.AddMinutes(-1) : _clock.Now.AddHours(1);
        if (odd == "signed by itself")
        {
            return request.CreateSelfSigned(from, to);
        }

        using var other = new TestMesh(_clock);
        X509Certificate2 issuer = (odd == "foreign authority" ? other : _mesh).Authority.Certificate;
        return odd == "signed by a member"
            ? request.Create(_mesh.Founder.Certificate.SubjectName,
                X509SignatureGenerator.CreateForECDsa(_mesh.Founder.Certificate.GetECDsaPrivateKey()!), from, to, [1])
            : request.Create(issuer, from, to, [1]);
    }
}
