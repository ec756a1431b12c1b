using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Link.Calls;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Trust;

/// <summary>Keeps this node trusted, and the untrusted out, while it runs.</summary>
/// <remarks>
/// Meaning: each second, and at once when the cluster state or a record changes: trust records go both ways, a revoked
/// node's connections end, the gossip keys follow the mesh's, an admin without the authority's key asks for it, and a
/// node that hears nobody asks for the gossip keys. The certificate renews itself beside that.
/// </remarks>
internal sealed class TrustParts : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private const int MaxNeighbours = 4;
    private static readonly TimeSpan s_ringPause = TimeSpan.FromSeconds(5);

    private readonly MeshMembership _membership;
    private readonly MeshPeers _peers;
    private readonly ClusterState _state;
    private readonly LinkHost _link;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly TrustSync _sync;
    private readonly CertificateRenewal _renewal;
    private readonly bool _rotateAfterRevocation;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long _ringAskedAt;

    /// <param name="rotateAfterRevocation">The admin that revokes a node also changes the gossip key.</param>
    public TrustParts(
        MeshMembership membership, MeshPeers peers, ClusterState state, LinkHost link, KeyRing keys,
        bool rotateAfterRevocation, LinkCaller caller, TimeProvider time, ILogger log)
    {
        (_membership, _peers, _state, _link, _time, _log) = (membership, peers, state, link, time, log);
        _rotateAfterRevocation = rotateAfterRevocation;
        _sync = new TrustSync(membership, state, time, log);
        Talk = new TrustTalk(membership, peers, caller, log);
        Keys = new GossipKeyHost(membership, peers, keys, time, log);
        Identities = new MemberIdentities(membership.Credentials.Node, membership.Trust);
        _renewal = new CertificateRenewal(membership, Talk.AskAdminAsync, time, log);
    }

    public TrustTalk Talk { get; }

    public GossipKeyHost Keys { get; }

    public MemberIdentities Identities { get; }

    public MeshMembership Membership => _membership;

    /// <summary>Where a node that hears nobody asks for the gossip keys; given by who knows seeds and
    /// beacons.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<IPEndPoint>>>? Neighbours { get; set; }

    /// <summary>Does its work until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        _state.Changed += Wake;
        _membership.Trust.Recorded += OnRecorded;
        Task renewing = _renewal.RunAsync(cancellation);
        // A timer that wakes, and no wait that gives up: that one would end in an exception each second.
        await using ITimer tick = _time.CreateTimer(
            static parts => ((TrustParts)parts!).Wake(), this, s_period, s_period);
        try
        {
            while (true)
            {
                _sync.Pass();
                EndRevoked();
                Keys.Look();
                await BecomeAdminAsync(cancellation);
                await AskForKeysAsync(cancellation);
                if (renewing.IsCompleted || Keys.Completion.IsCompleted)
                {
                    await Task.WhenAny(renewing, Keys.Completion).Unwrap(); // one of them broke
                }

                await _wake.Reader.ReadAsync(cancellation);
            }
        }
        finally
        {
            _state.Changed -= Wake;
            _membership.Trust.Recorded -= OnRecorded;
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public ValueTask DisposeAsync() => Keys.DisposeAsync();

    /// <summary>Revokes a node; true when it was trusted until now. For admins.</summary>
    /// <exception cref="StorageException">The revocation cannot be written down.</exception>
    public bool Revoke(MeshRegistrar registrar, NodeId node)
    {
        bool news = registrar.RevokeNode(node);
        if (news && _rotateAfterRevocation)
        {
            Keys.TryRotate(); // it knows the key that gossip is sealed with
        }

        return news;
    }

    private void OnRecorded(TrustRecord record)
    {
        if (record is RevokedNodeRecord revoked)
        {
            Log.NodeRevoked(_log, revoked.Node.ToString());
            _link.Disconnect(revoked.Node);
        }

        Wake();
    }

    // Again each time: a handshake that was under way may have come through.
    private void EndRevoked()
    {
        foreach (RevokedNodeRecord revoked in _membership.Trust.RevokedNodes)
        {
            if (_link.TryGetPeer(revoked.Node, out _))
            {
                _link.Disconnect(revoked.Node);
            }
        }
    }

    private async Task BecomeAdminAsync(CancellationToken cancellation)
    {
        if (_membership.Registrar is not null || _membership.Credentials.Role != MeshRole.Admin
            || await Talk.AskForAuthorityAsync(cancellation) is not { } key)
        {
            return;
        }

        try
        {
            if (_membership.TryBecomeAdmin(key, _time))
            {
                Log.BecameAdmin(_log);
            }
        }
        catch (StorageException e)
        {
            Log.TrustNotKept(_log, e.Message);
        }
    }

    private async Task AskForKeysAsync(CancellationToken cancellation)
    {
        bool isAlone = !_peers.Members.Any(member => member.Node != _membership.Credentials.Node
            && member.State is NodeState.Alive or NodeState.Suspect);
        if (!isAlone || Neighbours is not { } neighbours
            || (_ringAskedAt != 0 && _time.GetElapsedTime(_ringAskedAt) < s_ringPause))
        {
            return;
        }

        _ringAskedAt = _time.GetTimestamp();
        foreach (IPEndPoint address in (await neighbours(cancellation)).Take(MaxNeighbours))
        {
            RingOutcome outcome = await new JoinClient(_time)
                .AskForRingAsync(address, _membership.Credentials, cancellation);
            if (outcome.Fault == JoinFault.None)
            {
                Keys.Take(outcome.Keys);
                return;
            }

            Log.RingRefused(_log, address, outcome.Fault);
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);
}
