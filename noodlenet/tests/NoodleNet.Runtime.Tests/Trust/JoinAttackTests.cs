using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

/// <summary>Attacks on joining and on certificates, by name; docs/network.md lists them with those tried elsewhere.
/// </summary>
public sealed class JoinAttackTests : IDisposable
{
    private static readonly NodeId s_joiner = TestMesh.Node("joiner");
    private readonly TestClock _clock = new();
    private readonly TestMesh _mesh;
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));

    public JoinAttackTests() => _mesh = new TestMesh(_clock);

    public void Dispose()
    {
        _mesh.Dispose();
        _bound.Dispose();
    }

    [Fact]
    public async Task A_member_that_passes_a_join_on_learns_no_secret_and_admits_nobody_else()
    {
        MeshToken token = _mesh.Token();
        AdmissionAsk? seen = null;
        using NodeCredentials member = _mesh.Member(TestMesh.Node("member"), MeshRole.Operator);
        var service = new JoinService(member, _mesh.Trust, () => null, _clock, NullLogger.Instance)
        {
            Forward = (ask, _) =>
            {
                seen = ask;
                return Task.FromResult(_mesh.Registrar.Decide(ask));
            },
        };
        await using var port = new LinkPort(service, member.Certificate);
        using NodeCredentials joined = (await JoinAsync(port.Address, token)).Credentials!;
        Assert.Equal(s_joiner, joined.Node);
        Assert.Equal(-1, seen!.Request.AsSpan().IndexOf(token.Secret));

        // What it has seen it can neither bend to another name or key, nor use again for another node.
        Assert.True(JoinWire.TryReadRequest(seen.Request, out JoinRequest? request));
        using ECDsa thief = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        JoinRequest[] bent =
        [
            request with { SigningRequest = SigningRequest(thief) },
            request with { Node = TestMesh.Node("thief") },
        ];
        Assert.All(bent, each => Assert.Equal(
            JoinFault.WrongSecret, _mesh.Registrar.Decide(seen with { Request = JoinWire.Request(each) }).Fault));
        Assert.Equal(JoinFault.WrongSecret, _mesh.Registrar.Decide(seen with { Nonce = new byte[32] }).Fault);
        Assert.Equal(JoinFault.WrongSecret, _mesh.Registrar.Decide(seen with { ServerHash = new byte[32] }).Fault);
        AdmissionReply again = _mesh.Registrar.Decide(seen); // the same key once more: it is the joiner's still
        using X509Certificate2 twin = X509CertificateLoader.LoadCertificate(again.Certificate!);
        Assert.Equal(MeshTrust.HashOf(joined.Certificate.PublicKey), MeshTrust.HashOf(twin.PublicKey));
    }

    [Fact]
    public async Task Without_a_token_nobody_joins()
    {
        MeshToken good = _mesh.Token();
        AdmissionAsk? seen = null;
        using NodeCredentials member = _mesh.Member(TestMesh.Node("member"), MeshRole.Operator);
        var service = new JoinService(member, _mesh.Trust, () => null, _clock, NullLogger.Instance)
        {
            Forward = (ask, _) =>
            {
                seen = ask;
                return Task.FromResult(_mesh.Registrar.Decide(ask));
            },
        };
        await using var port = new LinkPort(service, member.Certificate);
        using NodeCredentials joined = (await JoinAsync(port.Address, good)).Credentials!;
        Assert.True(JoinWire.TryReadRequest(seen!.Request, out JoinRequest? request));
        (JoinRequest Request, JoinFault Fault)[] attacks =
        [
            (request with { TokenId = 0, Proof = [] }, JoinFault.UnknownToken),
            (request with { TokenId = 0, Proof = new byte[32] }, JoinFault.UnknownToken),
            (request with { Proof = [] }, JoinFault.WrongSecret),
            (request with { Proof = new byte[32] }, JoinFault.WrongSecret),
            (request with { Proof = request.Proof[..^1] }, JoinFault.WrongSecret),
            (request with { Kind = (JoinKind)9 }, JoinFault.Malformed),
        ];
        Assert.All(attacks, attack => Assert.Equal(
            attack.Fault, _mesh.Registrar.Decide(seen with { Request = JoinWire.Request(attack.Request) }).Fault));
    }

    [Fact]
    public async Task A_used_up_token_admits_nobody_new_but_lets_its_nodes_come_back()
    {
        MeshToken once = _mesh.Registrar.CreateToken(TimeSpan.FromHours(1), uses: 1);
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var client = new JoinClient(_clock);
        Assert.Equal(JoinFault.None, (await client.JoinAsync(port.Address, once, s_joiner, key, _bound.Token)).Fault);
        Assert.Equal(JoinFault.UsedUp, (await JoinAsync(port.Address, once, TestMesh.Node("second"))).Fault);
        Assert.Equal(JoinFault.None, (await client.JoinAsync(port.Address, once, s_joiner, key, _bound.Token)).Fault);
        Assert.Equal(1, _mesh.Trust.CountUses(once.Id));
    }

    [Fact]
    public async Task No_token_made_up_with_the_known_id_is_honoured()
    {
        MeshToken good = _mesh.Token();
        var longer = new MeshToken(
            good.AuthorityHash, good.Id, good.Secret, good.Expires.AddYears(1), MeshRole.Admin);
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        // What the token says of itself is for people: role and time are the record's.
        using (NodeCredentials joined = (await JoinAsync(port.Address, longer)).Credentials!)
        {
            Assert.Equal(MeshRole.Operator, joined.Role);
        }

        _clock.Now += TimeSpan.FromHours(2);
        Assert.Equal(JoinFault.Expired, (await JoinAsync(port.Address, longer)).Fault);
        var unknown = new MeshToken(good.AuthorityHash, good.Id + 1, good.Secret, good.Expires, good.Role);
        Assert.Equal(JoinFault.UnknownToken, (await JoinAsync(port.Address, unknown)).Fault);
    }

    [Fact]
    public async Task A_revoked_node_does_not_come_back_by_token_renewal_or_for_keys()
    {
        await using var port = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        MeshToken token = _mesh.Token();
        using NodeCredentials joined = (await JoinAsync(port.Address, token)).Credentials!;
        var client = new JoinClient(_clock);
        RingOutcome keys = await client.AskForRingAsync(port.Address, joined, _bound.Token);
        Assert.Equal(JoinFault.None, keys.Fault);
        Assert.True(keys.Keys[0].Span.SequenceEqual(_mesh.Founder.GossipKeys[0].Span));
        Assert.Equal(JoinFault.None, _mesh.Registrar.Decide(CertificateRenewal.RequestOf(joined)).Fault);

        Assert.True(_mesh.Registrar.RevokeNode(s_joiner));
        Assert.False(_mesh.Registrar.RevokeNode(s_joiner));
        Assert.False(_mesh.Registrar.RevokeNode(TestMesh.Node("nobody")));
        Assert.Equal(JoinFault.Revoked, (await client.AskForRingAsync(port.Address, joined, _bound.Token)).Fault);
        Assert.Equal(JoinFault.Revoked, _mesh.Registrar.Decide(CertificateRenewal.RequestOf(joined)).Fault);
        Assert.Equal(JoinFault.Revoked, (await JoinAsync(port.Address, token)).Fault);
        foreach (bool asServer in new[] { true, false })
        {
            Assert.False(_mesh.Founder.TryVerifyPeer(joined.Certificate, asServer, out NodeId peer, out string? fault));
            Assert.Contains("revoked", fault);
            Assert.True(peer.IsNone);
        }
    }

    [Fact]
    public void A_renewal_needs_the_key_of_the_certificate_and_its_own_name()
    {
        using NodeCredentials a = _mesh.Member(TestMesh.Node("a"), MeshRole.Operator);
        using NodeCredentials b = _mesh.Member(TestMesh.Node("b"), MeshRole.Operator);
        AdmissionAsk good = CertificateRenewal.RequestOf(a);
        Assert.True(JoinWire.TryReadRequest(good.Request, out JoinRequest? request));
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        JoinRequest WithProof(JoinRequest bent) => bent with
        {
            Proof = CertificateProof.Make(b.Certificate, JoinWire.TranscriptOf(
                bent, _mesh.Trust.AuthorityHash.Span, good.ServerHash, good.Nonce)),
        };
        (JoinRequest Request, JoinFault Fault)[] attacks =
        [
            (request with { Node = b.Node }, JoinFault.BadCertificate),                       // a speaks as b
            (WithProof(request), JoinFault.BadCertificate),                                   // b signs for a
            (request with { Proof = [] }, JoinFault.BadCertificate),
            (request with { Certificate = [1, 2] }, JoinFault.BadCertificate),
            (request with { Certificate = _mesh.Authority.Certificate.RawData }, JoinFault.BadCertificate),
            (WithProof(request with
            {
                Node = b.Node, Certificate = b.Certificate.RawData, SigningRequest = SigningRequest(other),
            }), JoinFault.NameTaken),                                                         // another key for b
            (request with { SigningRequest = [0x30] }, JoinFault.Malformed),
            (request with { Kind = JoinKind.Ring }, JoinFault.Malformed),
        ];
        Assert.All(attacks, attack => Assert.Equal(
            attack.Fault, _mesh.Registrar.Decide(good with { Request = JoinWire.Request(attack.Request) }).Fault));
        Assert.Equal(JoinFault.None, _mesh.Registrar.Decide(good).Fault);
        _clock.Now += TimeSpan.FromDays(8);
        AdmissionReply expired = _mesh.Registrar.Decide(CertificateRenewal.RequestOf(a));
        Assert.Equal(JoinFault.BadCertificate, expired.Fault);
    }

    [Fact]
    public void Only_an_admin_gets_the_authoritys_key()
    {
        NodeId worker = TestMesh.Node("worker"), admin = TestMesh.Node("admin");
        using NodeCredentials w = _mesh.Member(worker, MeshRole.Operator), a = _mesh.Member(admin, MeshRole.Admin);
        Assert.Null(_mesh.Registrar.ExportKeyFor(worker));
        Assert.Null(_mesh.Registrar.ExportKeyFor(TestMesh.Node("nobody")));
        byte[] key = _mesh.Registrar.ExportKeyFor(admin)!;
        using MeshAuthority twin = MeshAuthority.Import(a.Authority, key, _clock)!;
        Assert.Equal(_mesh.Authority.Mesh, twin.Mesh);
        using ECDsa wrong = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Null(MeshAuthority.Import(a.Authority, wrong.ExportPkcs8PrivateKey(), _clock));
        Assert.Null(MeshAuthority.Import(a.Authority, [1, 2, 3], _clock));
        Assert.True(_mesh.Registrar.RevokeNode(admin));
        Assert.Null(_mesh.Registrar.ExportKeyFor(admin));
    }

    [Fact]
    public void A_certificate_that_says_nothing_of_a_role_has_the_least()
    {
        Assert.Equal(MeshRole.Admin, _mesh.Founder.Role);
        Assert.Equal(MeshRole.Viewer, NodeName.RoleOf(_mesh.Authority.Certificate));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        foreach (string subject in new[] { "OU=root", "OU=admin, OU=viewer", "OU=4", "CN=admin" })
        {
            using X509Certificate2 odd = new CertificateRequest(subject, key, HashAlgorithmName.SHA256)
                .CreateSelfSigned(_clock.Now, _clock.Now.AddDays(1));
            Assert.Equal(MeshRole.Viewer, NodeName.RoleOf(odd));
        }
    }

    [Fact]
    public async Task Keys_are_asked_for_from_nobody_but_the_own_mesh()
    {
        using var other = new TestMesh(_clock);
        using NodeCredentials member = _mesh.Member(s_joiner, MeshRole.Operator);
        await using var port = new LinkPort(other.Service(other.Registrar), other.Founder.Certificate);
        Assert.Equal(
            JoinFault.WrongMesh,
            (await new JoinClient(_clock).AskForRingAsync(port.Address, member, _bound.Token)).Fault);
    }

    private Task<JoinOutcome> JoinAsync(IPEndPoint address, MeshToken token, NodeId? node = null) =>
        new JoinClient(_clock).JoinAsync(address, token, node ?? s_joiner, _bound.Token);

    private static byte[] SigningRequest(ECDsa key) =>
        new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequest();
}
