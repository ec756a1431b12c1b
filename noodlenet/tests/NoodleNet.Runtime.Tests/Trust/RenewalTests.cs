using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class RenewalTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly TestClock _clock = new();
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _root.Dispose();
        _bound.Dispose();
    }

    [Fact]
    public async Task A_running_mesh_lives_for_years_on_certificates_of_a_week()
    {
        (NodeFolder one, NodeFolder two, MeshMembership founder, MeshMembership member) = await MeshAsync();
        using (one)
        using (two)
        using (founder)
        using (member)
        {
            var own = new CertificateRenewal(founder, (_, _) => throw new InvalidOperationException(), _clock,
                NullLogger.Instance);
            var renewal = new CertificateRenewal(
                member, (ask, _) => Task.FromResult(founder.Registrar!.Decide(ask)), _clock, NullLogger.Instance);
            var serials = new HashSet<string>();
            for (int hour = 0; hour < 3 * 365 * 24; hour += 6)
            {
                Assert.Equal(JoinFault.None, await own.RenewIfDueAsync(_bound.Token));
                Assert.Equal(JoinFault.None, await renewal.RenewIfDueAsync(_bound.Token));
                if (hour % (24 * 30) == 0)
                {
                    Assert.True(founder.Credentials.TryVerifyPeer(
                        member.Credentials.Certificate, false, out NodeId peer, out string? fault), fault);
                    Assert.Equal(two.Node, peer);
                    Assert.True(member.Credentials.TryVerifyPeer(
                        founder.Credentials.Certificate, true, out _, out fault), fault);
                }

                serials.Add(member.Credentials.Certificate.SerialNumber);
                _clock.Now += TimeSpan.FromHours(6);
            }

            Assert.InRange(serials.Count, 220, 260); // one at two thirds of each week
            NodeCredentials kept = NodeCredentials.Load(
                Path.Combine(two.FolderPath, "credentials.pem"), two.Node, _clock)!;
            Assert.Equal(member.Credentials.Certificate.RawData, kept.Certificate.RawData);
            kept.Dispose();
        }
    }

    [Fact]
    public async Task While_no_admin_answers_it_tries_again_and_then_renews()
    {
        (NodeFolder one, NodeFolder two, MeshMembership founder, MeshMembership member) = await MeshAsync();
        using (one)
        using (two)
        using (founder)
        using (member)
        {
            var answer = new AdmissionReply(JoinFault.NotAnAuthority, null);
            var renewal = new CertificateRenewal(
                member, (_, _) => Task.FromResult(answer), _clock, NullLogger.Instance);
            X509Certificate2 first = member.Credentials.Certificate;
            _clock.Now += TimeSpan.FromDays(5);
            Assert.Equal(JoinFault.NotAnAuthority, await renewal.RenewIfDueAsync(_bound.Token));
            _clock.Now += TimeSpan.FromDays(1);
            Assert.Equal(JoinFault.NotAnAuthority, await renewal.RenewIfDueAsync(_bound.Token)); // and warns
            answer = new AdmissionReply(JoinFault.None, [1, 2, 3]);
            Assert.Equal(JoinFault.BadAnswer, await renewal.RenewIfDueAsync(_bound.Token));
            answer = new AdmissionReply(JoinFault.None, founder.Credentials.Certificate.RawData); // another's
            Assert.Equal(JoinFault.BadAnswer, await renewal.RenewIfDueAsync(_bound.Token));
            Assert.Same(first, member.Credentials.Certificate);

            answer = founder.Registrar!.Decide(CertificateRenewal.RequestOf(member.Credentials));
            Assert.Equal(JoinFault.None, await renewal.RenewIfDueAsync(_bound.Token));
            Assert.NotSame(first, member.Credentials.Certificate);
            Assert.True(first.HasPrivateKey); // connections that stand still use it
        }
    }

    [Fact]
    public async Task A_renewal_that_the_disk_refuses_is_in_use_and_told()
    {
        (NodeFolder one, NodeFolder two, MeshMembership founder, MeshMembership member) = await MeshAsync();
        using (one)
        using (two)
        using (founder)
        using (member)
        {
            string path = Path.Combine(two.FolderPath, "credentials.pem");
            File.Delete(path);
            Directory.CreateDirectory(Path.Combine(path, "in-the-way"));
            var renewal = new CertificateRenewal(
                member, (ask, _) => Task.FromResult(founder.Registrar!.Decide(ask)), _clock, NullLogger.Instance);
            _clock.Now += TimeSpan.FromDays(5);
            Assert.Equal(JoinFault.Storage, await renewal.RenewIfDueAsync(_bound.Token));
            Assert.True(member.Credentials.Certificate.NotAfter > _clock.Now.AddDays(6).LocalDateTime);
            Directory.Delete(path, recursive: true);
            member.SetGossipKeys([new byte[32], new byte[32]]);
            Assert.Equal(2, NodeCredentials.Load(path, two.Node, _clock)!.GossipKeys.Count);
        }
    }

    [Fact]
    public async Task The_loop_renews_when_it_is_time_and_ends_when_told()
    {
        (NodeFolder one, NodeFolder two, MeshMembership founder, MeshMembership member) = await MeshAsync();
        using (one)
        using (two)
        using (founder)
        using (member)
        {
            var clock = new TestClock { Now = _clock.Now.AddDays(5), FiresAtOnce = true };
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var renewal = new CertificateRenewal(
                member,
                (_, _) =>
                {
                    asked.TrySetResult();
                    return Task.FromResult(new AdmissionReply(JoinFault.NotAnAuthority, null));
                },
                clock, NullLogger.Instance);
            using var stop = new CancellationTokenSource();
            Task running = Task.Run(() => renewal.RunAsync(stop.Token), _bound.Token); // its clock never waits
            await asked.Task.WaitAsync(_bound.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(_bound.Token));
        }
    }

    [Fact]
    public async Task A_member_becomes_an_admin_with_the_authoritys_key_and_stays_one()
    {
        (NodeFolder one, NodeFolder two, MeshMembership founder, MeshMembership member) = await MeshAsync();
        using (one)
        using (two)
        using (founder)
        {
            byte[] key = founder.Registrar!.ExportKeyFor(one.Node)!;
            foreach ((string recordKey, ReadOnlyMemory<byte> value) in founder.Trust.Records)
            {
                member.Trust.Merge(recordKey, value.Span);
            }

            Assert.False(member.TryBecomeAdmin([1, 2], _clock));
            Assert.Null(member.Registrar);
            Assert.True(member.TryBecomeAdmin(key, _clock));
            Assert.True(member.TryBecomeAdmin(key, _clock)); // it is one already
            MeshToken token = MeshToken.Load(two.TokenPath)!;
            Assert.True(member.Registrar!.Honours(token)); // the other admin's
            member.Dispose();

            using MeshMembership again = await OpenAsync(two);
            Assert.True(again.Registrar!.Honours(token));
            string[] secret = [.. Directory.GetFiles(two.FolderPath, "*.*").Where(path => !path.EndsWith("lock"))];
            UnixMode.SkipWithout();
            Assert.All(secret, path => Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(path)));
        }
    }

    private async Task<(NodeFolder, NodeFolder, MeshMembership, MeshMembership)> MeshAsync()
    {
        NodeFolder one = NodeFolder.Open(_root.FolderPath, Guid.NewGuid, "one");
        NodeFolder two = NodeFolder.Open(_root.FolderPath, Guid.NewGuid, "two");
        MeshMembership founder = await OpenAsync(one);
        await using var port = new LinkPort(
            founder.CreateJoinService(_clock, NullLogger.Instance), founder.Credentials.Certificate);
        return (one, two, founder, await OpenAsync(two, port.Address));
    }

    private Task<MeshMembership> OpenAsync(NodeFolder folder, params IPEndPoint[] candidates) =>
        MeshMembership.OpenAsync(
            folder, new MembershipOptions(), candidates.ToAsyncEnumerable(), _clock, NullLogger.Instance, _bound.Token);
}
