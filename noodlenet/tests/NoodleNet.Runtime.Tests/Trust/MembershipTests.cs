using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Tests.Storage;
using NoodleNet.Runtime.Trust;

namespace NoodleNet.Runtime.Tests.Trust;

public sealed class MembershipTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly TestClock _clock = new();
    private readonly CancellationTokenSource _bound = new(TimeSpan.FromSeconds(60));

    public void Dispose()
    {
        _root.Dispose();
        _bound.Dispose();
    }

    public static TheoryData<string, int, bool, int, int, int, bool, string> Decisions => new()
    {   // what is there              mesh  founder  days  token  days  may found  step
        { "nothing",                     0, false,     0,     0,    0, true,      "Found" },
        { "nothing, token promised",     0, false,     0,     0,    0, false,     "RefuseNoToken" },
        { "a token",                     0, false,     0,     1,    1, true,      "Join" },
        { "an expired token",            0, false,     0,     1,    0, true,      "RefuseExpiredToken" },
        { "a member",                    1, false,     1,     0,    0, true,      "Load" },
        { "a member and its token",      1, false,     1,     1,    1, true,      "Load" },
        { "a member, expired token",     1, false,     1,     1,   -1, true,      "Load" },
        { "a member, other's token",     1, false,     1,     2,    1, true,      "RefuseOtherMesh" },
        { "expired, good token",         1, false,     0,     1,    1, true,      "Join" },
        { "expired, expired token",      1, false,     0,     1,    0, true,      "RefuseExpiredCertificate" },
        { "expired, no token",           1, false,     0,     0,    0, true,      "RefuseExpiredCertificate" },
        { "a founder",                   1, true,      3,     1,    1, true,      "Load" },
        { "a founder, soon over",        1, true,      2,     1,   -1, true,      "Renew" },
        { "a founder, other's token",    1, true,      3,     2,    1, true,      "RefuseOtherMesh" },
    };

    [Theory]
    [MemberData(nameof(Decisions))]
    public void What_to_do_follows_from_what_is_there(
        string what, int mesh, bool founder, int days, int token, int tokenDays, bool mayFound, string step)
    {
        DateTimeOffset now = _clock.Now;
        var facts = new MembershipFacts(
            mesh == 0 ? null : new MeshId((UInt128)mesh), founder, now.AddDays(days),
            token == 0 ? null : new MeshId((UInt128)token), now.AddDays(tokenDays), mayFound, now);
        Assert.True(step == facts.Decide().ToString(), $"{what}: {facts.Decide()}");
    }

    [Fact]
    public async Task An_admin_that_learns_of_its_own_revocation_is_one_no_more()
    {
        using NodeFolder one = Open("one");
        using (MeshMembership founder = await OpenAsync(one))
        {
            MeshRegistrar registrar = founder.Registrar!;
            Assert.True(registrar.RevokeNode(one.Node));
            Assert.Null(founder.Registrar);
            await using var port = new LinkPort(
                founder.CreateJoinService(_clock, NullLogger.Instance), founder.Credentials.Certificate);
            JoinOutcome outcome = await new JoinClient(_clock).JoinAsync(
                port.Address, registrar.CreateToken(TimeSpan.FromHours(1)), TestMesh.Node("joiner"), _bound.Token);
            Assert.NotEqual(JoinFault.None, outcome.Fault);
        }

        using (MeshMembership again = await OpenAsync(one))
        {
            Assert.Null(again.Registrar);
        }

        _clock.Now += TimeSpan.FromDays(6);
        TrustException refused = await Assert.ThrowsAsync<TrustException>(() => OpenAsync(one));
        Assert.Contains("Revoked", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_node_founds_the_second_joins_and_both_stay()
    {
        using NodeFolder one = Open("one"), two = Open("two");
        using MeshMembership founder = await OpenAsync(one);
        Assert.Equal(MembershipOrigin.Founded, founder.Origin);
        await using var port = new LinkPort(
            founder.CreateJoinService(_clock, NullLogger.Instance), founder.Credentials.Certificate);
        IPEndPoint deaf = new(IPAddress.Loopback, 1);

        using MeshMembership member = await OpenAsync(two, deaf, port.Address);
        Assert.Equal(MembershipOrigin.Joined, member.Origin);
        Assert.Null(member.Registrar);
        Assert.Equal(founder.Credentials.Mesh, member.Credentials.Mesh);
        Assert.False(File.Exists(Path.Combine(two.FolderPath, "join-key.pem")));
        Assert.True(founder.Credentials.TryVerifyPeer(member.Credentials.Certificate, false, out var peer, out _));
        Assert.Equal(two.Node, peer);

        using MeshMembership founderAgain = await OpenAsync(one), memberAgain = await OpenAsync(two);
        Assert.Equal(
            (MembershipOrigin.Loaded, MembershipOrigin.Loaded), (founderAgain.Origin, memberAgain.Origin));
        Assert.NotNull(founderAgain.Registrar);
        Assert.Equal(member.Credentials.Certificate.RawData, memberAgain.Credentials.Certificate.RawData);
        AssertSecretsAreForTheOwner();
    }

    [Fact]
    public async Task The_founder_rewrites_a_token_that_is_over_or_gone_and_renews_itself()
    {
        using NodeFolder folder = Open("one");
        (await OpenAsync(folder)).Dispose();
        MeshToken first = MeshToken.Load(folder.TokenPath)!;
        (await OpenAsync(folder)).Dispose();
        Assert.Equal(first.Id, MeshToken.Load(folder.TokenPath)!.Id);

        _clock.Now += TimeSpan.FromDays(31);
        (await OpenAsync(folder)).Dispose();
        MeshToken second = MeshToken.Load(folder.TokenPath)!;
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.Mesh, second.Mesh);

        File.Delete(folder.TokenPath);
        _clock.Now += TimeSpan.FromDays(400);
        using MeshMembership late = await OpenAsync(folder);
        Assert.True(late.Registrar!.Honours(MeshToken.Load(folder.TokenPath)!));
        Assert.True(late.Credentials.Certificate.NotAfter > _clock.Now);
    }

    [Fact]
    public async Task A_member_whose_certificate_is_over_joins_again_with_its_key()
    {
        using NodeFolder one = Open("one"), two = Open("two");
        (await OpenAsync(one)).Dispose();
        using (MeshMembership founder = await OpenAsync(one))
        {
            await using LinkPort port = Port(founder);
            (await OpenAsync(two, port.Address)).Dispose();
        }

        _clock.Now += TimeSpan.FromDays(40);
        Assert.Contains("The certificate of this node ended", (await RefusalAsync(two)).Message);
        using MeshMembership later = await OpenAsync(one);
        await using LinkPort again = Port(later);
        using MeshMembership rejoined = await OpenAsync(two, again.Address);
        Assert.Equal(MembershipOrigin.Joined, rejoined.Origin);
    }

    [Fact]
    public async Task A_join_that_fails_says_why_and_keeps_its_key_for_the_next_try()
    {
        using NodeFolder one = Open("one"), two = Open("two");
        using MeshMembership founder = await OpenAsync(one);
        await using LinkPort port = Port(founder);
        string keyPath = Path.Combine(two.FolderPath, "join-key.pem");

        Assert.Contains("No node of mesh", (await RefusalAsync(two)).Message);
        string key = File.ReadAllText(keyPath);
        IPEndPoint deaf = new(IPAddress.Loopback, 1);
        Assert.Contains("(Unreachable)", (await RefusalAsync(two, deaf)).Message);
        MeshToken good = MeshToken.Load(two.TokenPath)!;
        new MeshToken(good.AuthorityHash, good.Id, new byte[32], good.Expires, good.Role).Save(two.TokenPath);
        Assert.Contains("wrong secret", (await RefusalAsync(two, port.Address, deaf)).Message);
        founder.Registrar!.RevokeToken(good.Id);
        good.Save(two.TokenPath);
        Assert.Contains("revoked this node or the token", (await RefusalAsync(two, port.Address)).Message);
        Assert.Equal(key, File.ReadAllText(keyPath));

        founder.Registrar.CreateToken(TimeSpan.FromHours(1)).Save(two.TokenPath);
        (await OpenAsync(two, port.Address)).Dispose();
        File.Delete(Path.Combine(two.FolderPath, "credentials.pem"));
        Assert.Contains("another key", (await RefusalAsync(two, port.Address)).Message);
    }

    [Fact]
    public async Task Tokens_that_do_not_fit_are_refused_with_the_way_out()
    {
        using NodeFolder one = Open("one");
        using var other = new TestMesh(_clock);
        TrustException none = await RefusalAsync(one, new MembershipOptions { MayFound = false });
        Assert.Contains("There is no join token", none.Message);
        (await OpenAsync(one)).Dispose();
        other.Token().Save(one.TokenPath);
        Assert.Contains("remove the token", (await RefusalAsync(one)).Message);

        using NodeFolder two = Open("two");
        _clock.Now += TimeSpan.FromHours(2);
        Assert.Contains("has expired", (await RefusalAsync(two)).Message);
    }

    [Fact]
    public async Task Of_two_that_found_at_once_the_second_joins_the_first()
    {
        using NodeFolder one = Open("one"), two = Open("two");
        MeshMembership? founder = null;
        // The second looks at its token file, finds none, and the first writes its own in that moment.
        string link = _root["token-of-two"];
        var opening = new MembershipOpening(
            two, new MembershipOptions { TokenPath = link }, Addresses(), _clock, NullLogger.Instance);
        founder = await OpenAsync(one);
        File.Copy(one.TokenPath, link);
        Assert.Null(opening.Found());
        Assert.Empty(Directory.GetFiles(two.FolderPath, "*.pem"));
        Assert.False(File.Exists(Path.Combine(two.FolderPath, "authority.json")));
        founder.Dispose();
    }

    [Fact]
    public async Task Files_of_an_authority_that_do_not_fit_are_told_by_name()
    {
        using NodeFolder folder = Open("one");
        (await OpenAsync(folder)).Dispose();
        string ledger = Path.Combine(folder.FolderPath, "authority.json");
        string authority = Path.Combine(folder.FolderPath, "authority.pem");
        string[] damages = ["", "{}", "null", """{"records":{"token/1":null}}""", """{"records":{"token/1":"AAAA"}}"""];
        foreach (string damage in damages)
        {
            File.WriteAllText(ledger, damage);
            Assert.Contains(ledger, (await Assert.ThrowsAsync<StorageException>(() => OpenAsync(folder))).Message);
        }

        File.Delete(ledger);
        Assert.Contains("is missing", (await Assert.ThrowsAsync<StorageException>(() => OpenAsync(folder))).Message);
        using MeshAuthority other = MeshAuthority.Create(_clock);
        other.Save(authority);
        Assert.Contains("two meshes", (await Assert.ThrowsAsync<StorageException>(() => OpenAsync(folder))).Message);
    }

    [Fact]
    public void Tokens_that_are_valid_have_a_bound()
    {
        using var mesh = new TestMesh(_clock);
        for (int i = 0; i < MeshRegistrar.MaxTokens; i++)
        {
            mesh.Token();
        }

        Assert.Contains("revoke one", Assert.Throws<TrustException>(() => mesh.Token()).Message);
        _clock.Now += TimeSpan.FromHours(2);
        mesh.Token();
        Assert.Contains(
            "(NameTaken)", Assert.Throws<TrustException>(() => mesh.Credentials(mesh.Founder.Node)).Message);
    }

    private LinkPort Port(MeshMembership founder) =>
        new(founder.CreateJoinService(_clock, NullLogger.Instance), founder.Credentials.Certificate);

    private NodeFolder Open(string host) => NodeFolder.Open(_root.FolderPath, Guid.NewGuid, host);

    private Task<MeshMembership> OpenAsync(NodeFolder folder, params IPEndPoint[] candidates) =>
        MeshMembership.OpenAsync(
            folder, new MembershipOptions(), Addresses(candidates), _clock, NullLogger.Instance, _bound.Token);

    private Task<TrustException> RefusalAsync(NodeFolder folder, params IPEndPoint[] candidates) =>
        Assert.ThrowsAsync<TrustException>(() => OpenAsync(folder, candidates));

    private Task<TrustException> RefusalAsync(NodeFolder folder, MembershipOptions options) =>
        Assert.ThrowsAsync<TrustException>(() => MeshMembership.OpenAsync(
            folder, options, Addresses(), _clock, NullLogger.Instance, _bound.Token));

    private void AssertSecretsAreForTheOwner()
    {
        if (!OperatingSystem.IsWindows())
        {
            string[] secret = [.. Directory.GetFiles(_root.FolderPath, "*", SearchOption.AllDirectories)
                .Where(path => Path.GetFileName(path) != "lock")];
            Assert.Equal(7, secret.Length); // token; 2 node-ids, 2 credentials, authority and its ledger
            Assert.All(secret, path => Assert.Equal(UnixMode.OwnerFile, UnixMode.Of(path)));
        }
    }

    private static async IAsyncEnumerable<IPEndPoint> Addresses(params IPEndPoint[] addresses)
    {
        foreach (IPEndPoint address in addresses)
        {
            await Task.Yield();
            yield return address;
        }
    }
}
