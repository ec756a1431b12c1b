using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class AdmissionTests : IDisposable
{
    private static readonly NodeId s_waiting = TestMesh.Node("waiting");
    private readonly TestClock _clock = new();
    private readonly TestMesh _mesh;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));
    private readonly List<KeyFingerprint> _offered = [];

    public AdmissionTests() => _mesh = new TestMesh(_clock);

    public void Dispose()
    {
        _mesh.Dispose();
        _key.Dispose();
        _bound.Dispose();
    }

    [Fact]
    public async Task Two_compared_fingerprints_make_a_member()
    {
        using AdmissionPort port = Port(true);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        AdmissionOutcome met = await Client().LookAsync(port.LocalEndPoint, _bound.Token);
        Assert.Equal((AdmissionFault.None, s_waiting, port.Fingerprint), (met.Fault, met.Node, met.Fingerprint));
        Assert.Empty(_offered);
        Assert.False(_mesh.Trust.TryGetAdmitted(s_waiting, out _));

        AdmissionOutcome admitted = await AdmitAsync(port, MeshRole.Caller);
        Assert.Equal(AdmissionFault.None, admitted.Fault);
        using NodeCredentials member = await waiting;
        Assert.Equal((s_waiting, MeshRole.Caller, _mesh.Authority.Mesh), (member.Node, member.Role, member.Mesh));
        Assert.True(member.GossipKeys[0].Span.SequenceEqual(_mesh.Founder.GossipKeys[0].Span));
        Assert.True(_mesh.Founder.TryVerifyPeer(member.Certificate, false, out NodeId peer, out _));
        Assert.Equal(s_waiting, peer);
        Assert.Equal([_mesh.Trust.Fingerprint], _offered);
        Assert.True(_mesh.Trust.TryGetAdmitted(s_waiting, out AdmittedRecord? record) && record.TokenId == 0);
    }

    [Fact]
    public async Task A_fake_waiting_node_gets_nothing()
    {
        using AdmissionPort port = Port(true);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        Assert.True(TypedFingerprint.TryParse("AAAA-AAAA-AAAA-AAAA", out TypedFingerprint other));
        AdmissionOutcome outcome = await Client().AdmitAsync(
            port.LocalEndPoint, other, MeshRole.Operator, _bound.Token);
        Assert.Equal(AdmissionFault.OtherFingerprint, outcome.Fault);
        Assert.Empty(_offered);
        Assert.False(_mesh.Trust.TryGetAdmitted(s_waiting, out _));
        Assert.False(waiting.IsCompleted);
        await _bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_fake_admin_does_not_get_the_node_and_is_not_asked_about_twice()
    {
        using var fake = new TestMesh(_clock);
        using AdmissionPort port = Port(false);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        for (int i = 0; i < 2; i++)
        {
            AdmissionOutcome outcome = await new AdmissionClient(fake.Founder, fake.Registrar, _clock)
                .AdmitAsync(port.LocalEndPoint, Typed(port), MeshRole.Operator, _bound.Token);
            Assert.Equal(AdmissionFault.Declined, outcome.Fault);
        }

        Assert.Equal([fake.Trust.Fingerprint], _offered);
        Assert.False(fake.Trust.TryGetAdmitted(s_waiting, out _));
        Assert.False(waiting.IsCompleted);
        await _bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task While_a_person_considers_one_offer_another_is_busy()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using AdmissionPort port = Port((_, _) =>
        {
            asked.TrySetResult();
            return answer.Task;
        });
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        Task<AdmissionOutcome> first = AdmitAsync(port);
        await asked.Task.WaitAsync(_bound.Token);
        Assert.Equal(AdmissionFault.Busy, (await AdmitAsync(port)).Fault);
        answer.SetResult(true);
        Assert.Equal(AdmissionFault.None, (await first).Fault);
        (await waiting).Dispose();
    }

    [Fact]
    public async Task A_person_who_does_not_answer_is_given_up_at_both_ends()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using AdmissionPort port = Port(async (_, stop) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, stop);
            return true;
        });
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        Task<AdmissionOutcome> admitting = AdmitAsync(port);
        await asked.Task.WaitAsync(_bound.Token);
        _clock.Fire();
        Assert.Contains((await admitting).Fault, new[] { AdmissionFault.TimedOut, AdmissionFault.NotTaken });
        Assert.False(waiting.IsCompleted);
        await _bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_name_with_another_key_and_a_revoked_node_are_refused()
    {
        _mesh.Member(s_waiting, MeshRole.Operator).Dispose();
        using AdmissionPort port = Port(true);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        AdmissionOutcome taken = await AdmitAsync(port);
        Assert.Equal((AdmissionFault.Refused, JoinFault.NameTaken), (taken.Fault, taken.Reason));
        Assert.True(_mesh.Registrar.RevokeNode(s_waiting));
        AdmissionOutcome revoked = await AdmitAsync(port);
        Assert.Equal((AdmissionFault.Refused, JoinFault.Revoked), (revoked.Fault, revoked.Reason));
        await _bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Strangers_at_the_port_do_not_end_the_wait_and_are_bounded()
    {
        using AdmissionPort port = Port(true);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        List<TcpClient> silent = [];
        for (int i = 0; i < 12; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(port.LocalEndPoint, _bound.Token);
            silent.Add(client);
        }

        await silent[0].GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), _bound.Token);
        // The last of them is turned away at once: eight places are taken.
        Assert.Equal(0, await ReadAsync(silent[^1]));
        silent.ForEach(client => client.Dispose());
        AdmissionOutcome admitted;
        do
        {
            admitted = await AdmitAsync(port); // as soon as a place is free
        }
        while (admitted.Fault == AdmissionFault.Unreachable && !_bound.IsCancellationRequested);

        Assert.Equal(AdmissionFault.None, admitted.Fault);
        (await waiting).Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("0200")]
    [InlineData("0104DEADBEEF")]
    public async Task An_odd_offer_ends_its_connection_only(string offer)
    {
        using AdmissionPort port = Port(true);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(port.LocalEndPoint, _bound.Token);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "noodle",
                    ApplicationProtocols = [AdmissionWire.Protocol],
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                },
                _bound.Token);
            Assert.True(AdmissionWire.TryReadHello(
                await JoinWire.ReceiveAsync(stream, _bound.Token), out NodeId node, out _));
            Assert.Equal(s_waiting, node);
            await JoinWire.SendAsync(stream, Convert.FromHexString(offer), _bound.Token);
            Assert.Null(await ReceiveOrNullAsync(stream));
        }

        Assert.Equal(AdmissionFault.None, (await AdmitAsync(port)).Fault);
        (await waiting).Dispose();
    }

    [Fact]
    public async Task Where_nobody_waits_nobody_is_admitted()
    {
        IPEndPoint nobody;
        using (AdmissionPort port = Port(true))
        {
            nobody = port.LocalEndPoint;
            Assert.Throws<SocketException>(() => new AdmissionPort(
                nobody, null, s_waiting, _key, (_, _) => Task.FromResult(true), _clock, NullLogger.Instance));
        }

        Assert.Equal(AdmissionFault.Unreachable, (await Client().LookAsync(nobody, _bound.Token)).Fault);
        await using var member = new LinkPort(_mesh.Service(_mesh.Registrar), _mesh.Founder.Certificate);
        Assert.Equal(AdmissionFault.Unreachable, (await Client().LookAsync(member.Address, _bound.Token)).Fault);
        // It offers another key than the one of its connection.
        await using var liar = new LinkPort(
            _mesh.Founder.Certificate, AdmissionWire.Protocol, async (stream, _, stop) =>
        {
            byte[] signing = new System.Security.Cryptography.X509Certificates.CertificateRequest(
                "CN=x", _key, HashAlgorithmName.SHA256).CreateSigningRequest();
            await JoinWire.SendAsync(stream, AdmissionWire.Hello(s_waiting, signing), stop);
            await stream.CopyToAsync(Stream.Null, stop);
        });
        Assert.Equal(AdmissionFault.Unreachable, (await Client().LookAsync(liar.Address, _bound.Token)).Fault);
    }

    [Fact]
    public void A_folder_becomes_a_members_and_keeps_its_key()
    {
        using var root = new TemporaryFolder();
        using NodeFolder folder = NodeFolder.Open(root.FolderPath, Guid.NewGuid, "waiting");
        Assert.False(MembershipWaiting.IsMember(folder, _clock));
        using ECDsa key = MembershipWaiting.KeepKey(folder), again = MembershipWaiting.KeepKey(folder);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), again.ExportSubjectPublicKeyInfo());
        using NodeCredentials member = _mesh.Member(folder.Node, MeshRole.Operator);
        MembershipWaiting.Keep(folder, member);
        Assert.True(MembershipWaiting.IsMember(folder, _clock));
        Assert.False(File.Exists(Path.Combine(folder.FolderPath, "join-key.pem")));
        _clock.Now += TimeSpan.FromDays(8);
        Assert.False(MembershipWaiting.IsMember(folder, _clock)); // it waits again, with the key that it has
        using ECDsa kept = MembershipWaiting.KeepKey(folder);
        using ECDsa own = member.CopyKey();
        Assert.Equal(own.ExportSubjectPublicKeyInfo(), kept.ExportSubjectPublicKeyInfo());
    }

    private AdmissionClient Client() => new(_mesh.Founder, _mesh.Registrar, _clock);

    private Task<AdmissionOutcome> AdmitAsync(AdmissionPort port, MeshRole role = MeshRole.Operator) =>
        Client().AdmitAsync(port.LocalEndPoint, Typed(port), role, _bound.Token);

    private static TypedFingerprint Typed(AdmissionPort port)
    {
        Assert.True(TypedFingerprint.TryParse(port.Fingerprint.ToString(), out TypedFingerprint typed));
        return typed;
    }

    [Fact]
    public async Task A_node_waits_on_both_families_of_addresses()
    {
        LoopbackV6.SkipWithout();
        using AdmissionPort port = Port(false);
        Task<NodeCredentials> waiting = port.WaitAsync(_bound.Token);
        var six = new IPEndPoint(IPAddress.IPv6Loopback, port.LocalEndPoint.Port);
        AdmissionOutcome seen = await Client().LookAsync(six, _bound.Token);
        Assert.Equal((AdmissionFault.None, port.Fingerprint), (seen.Fault, seen.Fingerprint));
        Assert.Equal(port.Fingerprint, (await Client().LookAsync(port.LocalEndPoint, _bound.Token)).Fingerprint);
        await _bound.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private AdmissionPort Port(bool confirms) => Port((mesh, _) =>
    {
        _offered.Add(mesh);
        return Task.FromResult(confirms);
    });

    private AdmissionPort Port(Func<KeyFingerprint, CancellationToken, Task<bool>> confirm) =>
        new(
        new IPEndPoint(IPAddress.Loopback, 0), IPAddress.IPv6Loopback, s_waiting, _key, confirm, _clock,
        NullLogger.Instance);

    private async Task<int> ReadAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], _bound.Token);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private async Task<byte[]?> ReceiveOrNullAsync(SslStream stream)
    {
        try
        {
            return await JoinWire.ReceiveAsync(stream, _bound.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
