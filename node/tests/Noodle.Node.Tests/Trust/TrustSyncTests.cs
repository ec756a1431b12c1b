using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Node.Mesh;
using Noodle.Node.Trust;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Tests.Trust;

public sealed class TrustSyncTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("noodle-trust-").FullName;
    private readonly NodeFolder _node;
    private readonly MeshMembership _admin;
    private readonly ClusterState _state;
    private readonly TrustSync _sync;

    public TrustSyncTests()
    {
        _node = NodeFolder.Open(_folder, Guid.NewGuid, "admin");
        _admin = MeshMembership.OpenAsync(_node, new MembershipOptions(), AsyncEnumerable.Empty<IPEndPoint>(),
            TimeProvider.System, NullLogger.Instance, CancellationToken.None).GetAwaiter().GetResult();
        _state = Open("state");
        _sync = new TrustSync(_admin, _state, TimeProvider.System, NullLogger.Instance);
    }

    public void Dispose()
    {
        _state.Dispose();
        _admin.Dispose();
        _node.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void What_the_authority_said_reaches_the_others_through_the_state()
    {
        MeshToken token = _admin.Registrar!.CreateToken(TimeSpan.FromHours(1));
        _admin.Registrar.RevokeToken(token.Id);
        _sync.Pass();
        using ClusterState theirs = Open("theirs");
        Assert.True(theirs.TryMerge(_state.EntriesIn(ulong.MaxValue), _node.Node));
        using var trust = new MeshTrust(_admin.Credentials.Authority);
        foreach ((string key, ReadOnlyMemory<byte> value) in theirs.List(""))
        {
            bool isRevoked = key.StartsWith("revoked/", StringComparison.Ordinal);
            trust.Merge(isRevoked ? key[..key.LastIndexOf('/')] : key, value.Span);
        }

        Assert.True(trust.IsTokenRevoked(token.Id));
        Assert.Equal(_admin.Trust.Records.Select(record => record.Key), trust.Records.Select(record => record.Key));
        Assert.Equal(1u, trust.Ring!.Epoch);
    }

    [Fact]
    public void What_a_member_hides_or_spoils_is_put_back_and_what_it_makes_up_is_nothing()
    {
        MeshToken token = _admin.Registrar!.CreateToken(TimeSpan.FromHours(1));
        _sync.Pass();
        string key = TrustKeys.OfToken(token.Id), forged = TrustKeys.OfRevoked(_node.Node);
        _state.Write(key, null);
        _state.Write(TrustKeys.Ring, [1, 2, 3]);
        _state.Write(forged + "/x", [1, 2, 3]);
        _state.Write("revoked/", [1]);
        _state.Write("token/x", new byte[200]);
        _sync.Pass();

        Assert.True(_state.TryGet(key, out ReadOnlyMemory<byte> back));
        Assert.True(back.Span.SequenceEqual(_admin.Trust.BytesOf(key)!.Value.Span));
        Assert.True(_state.TryGet(TrustKeys.Ring, out back) && back.Length > 3);
        Assert.Null(_admin.Trust.RevokedAt(_node.Node));
    }

    [Fact]
    public void Nobody_takes_the_place_of_a_revocation_beforehand()
    {
        MeshToken token = _admin.Registrar!.CreateToken(TimeSpan.FromHours(1));
        string place = TrustKeys.OfRevokedToken(token.Id);
        _state.Write(place, [1]); // the first writer of a key under revoked/ keeps it for ever
        _admin.Registrar.RevokeToken(token.Id);
        _sync.Pass();
        ReadOnlyMemory<byte> record = _admin.Trust.BytesOf(place)!.Value;
        string real = TrustSync.StateKeyOf(place, record.Span);
        Assert.NotEqual(place, real);
        Assert.True(_state.TryGet(real, out ReadOnlyMemory<byte> written) && written.Span.SequenceEqual(record.Span));
    }

    [Fact]
    public void A_disk_that_refuses_is_told_and_tried_again()
    {
        _sync.Pass();
        string ledger = Path.Combine(_node.FolderPath, "authority.json");
        File.Delete(ledger);
        Directory.CreateDirectory(Path.Combine(ledger, "in-the-way"));
        Assert.Throws<StorageException>(() => _admin.Registrar!.CreateToken(TimeSpan.FromHours(1)));
        Directory.Delete(ledger, recursive: true);
        MeshToken token = _admin.Registrar!.CreateToken(TimeSpan.FromHours(1));
        _sync.Pass();
        Assert.True(_state.TryGet(TrustKeys.OfToken(token.Id), out _));
    }

    private ClusterState Open(string name) => new(
        _node.Node, new StateDatabase(Path.Combine(_folder, name), NullLogger.Instance),
        TimeProvider.System,
        NullLogger<ClusterState>.Instance);
}
