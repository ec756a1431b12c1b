using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Link;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;
using NoodleNet.Trust;

namespace Noodle.Node.Mesh;

/// <summary>The other nodes: who is there by gossip, who is connected by NoodleLink, what each last said of
/// itself.</summary>
/// <remarks>
/// Meaning: every living member gets a connection, and gets it again when it breaks. A broken connection makes the node
/// unusable for calls at once, and is told to the failure detector, which decides whether it is dead.
/// Bound: one connection and one load entry a node; at most <see cref="MaxDials"/> dials at once.
/// </remarks>
internal sealed class MeshPeers(LinkHost link, GossipHost gossip, NodeId self, TimeProvider time, ILogger log)
    : IDisposable
{
    private const int MaxDials = 16;
    private const int MaxUnprovenDials = 4;
    private const int MaxUnprovenTries = 3;
    private static readonly TimeSpan s_unprovenPause = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1); // news wakes it sooner
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);
    private const int FailuresBeforeRelay = 2;

    private readonly Dictionary<NodeId, Dial> _dials = []; // the loop's alone
    private readonly PeerJudge _judge = new(gossip);
    private readonly NodeLoadTable _loads = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);

    /// <summary>Raised when a node came, went, connected, broke off or told a new status.</summary>
    public event Action? Changed;

    /// <summary>Raised when a connection to a node is ready for use.</summary>
    public event Action<LinkPeer>? Connected;

    /// <summary>What gossip proves of a member: only who is verified, or claims in good order, is dialed.</summary>
    /// <remarks>Bound: one that only claims is dialed 3 times, then every 10 min; 4 of them at once.</remarks>
    public Func<RegistryEntry, MemberIdentity> IdentityOf { get; set; } = static _ => MemberIdentity.Verified;

    /// <summary>Raised when a living node could not be dialed <see cref="FailuresBeforeRelay"/> times or
    /// more.</summary>
    public event Action<NodeId>? Barred;

    /// <summary>Raised with what <see cref="NoteTransfer"/> was told.</summary>
    public event Action<NodeId, long, TimeSpan>? Transferred;

    /// <summary>Connects to a node through others once dialing it has failed; false when no relay leads
    /// there.</summary>
    public Func<NodeId, CancellationToken, Task<bool>>? ConnectByRelay { get; set; }

    /// <summary>Microseconds of the round trip to a node that was never measured.</summary>
    public Func<NodeId, long?>? Predict { get; set; }

    /// <summary>False closes the direct way to an address; relays are then tried.</summary>
    public Func<IPEndPoint, bool>? MayDial { get; set; }

    /// <summary>The clock of <see cref="RegistryEntry.Since"/>.</summary>
    public Instant Now => gossip.Now;

    /// <summary>Nodes known by gossip, this one included.</summary>
    public IReadOnlyList<RegistryEntry> Members => gossip.Members;

    public bool TryGetLink(NodeId node, [NotNullWhen(true)] out LinkPeer? peer) =>
        link.TryGetPeer(node, out peer) && peer.IsConnected;

    public bool TryGetLoad(NodeId node, [NotNullWhen(true)] out NodeLoad? load)
    {
        lock (_gate)
        {
            return _loads.TryGet(node, out load);
        }
    }

    /// <summary>Takes what a node says of itself.</summary>
    public void NoteStatus(NodeId node, NodeStatus status)
    {
        bool news;
        lock (_gate)
        {
            news = _loads.TryUpdate(node, status, Now);
        }

        if (news)
        {
            Changed?.Invoke();
        }
    }

    /// <summary>Takes the load that an answer carried.</summary>
    public void NoteInFlight(NodeId node, uint inFlight)
    {
        lock (_gate)
        {
            _loads.UpdateInFlight(node, inFlight, Now);
        }
    }

    /// <summary>Takes what it took to move many bytes to or from a node, its own work not counted.</summary>
    public void NoteTransfer(NodeId node, long bytes, TimeSpan took) => Transferred?.Invoke(node, bytes, took);

    /// <summary>Connected peers, in order of their ids.</summary>
    public IReadOnlyList<LinkPeer> ListConnected()
    {
        var connected = new List<LinkPeer>();
        foreach (RegistryEntry member in gossip.Members)
        {
            if (member.Node != self && TryGetLink(member.Node, out LinkPeer? peer))
            {
                connected.Add(peer);
            }
        }

        return connected;
    }

    /// <summary>Keeps the connections until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        link.PeerConnected += OnConnected;
        link.PeerLost += OnLost;
        Task events = WatchAsync(cancellation);
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                DialMissing(cancellation);
                await _wake.WaitAsync(UntilNextDial(), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
        finally
        {
            link.PeerConnected -= OnConnected;
            link.PeerLost -= OnLost;
            await events;
            await Task.WhenAll(_dials.Values.Select(dial => dial.Running));
        }
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (RegistryEvent change in gossip.WatchAsync(cancellation))
            {
                if (change.Entry is { State: NodeState.Failed or NodeState.Left } gone)
                {
                    lock (_gate)
                    {
                        _loads.Remove(gone.Node);
                    }

                }

                _judge.NoteChange(change);
                Wake();
                Changed?.Invoke();
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }

    // Exact to the pause: how often a port refuses is what tells a killed node from a slow one.
    private TimeSpan UntilNextDial()
    {
        TimeSpan wait = s_period;
        foreach (Dial dial in _dials.Values)
        {
            TimeSpan left = dial.Pause - time.GetElapsedTime(dial.EndedAt);
            if (dial.Running.IsCompleted && left > TimeSpan.Zero && left < wait)
            {
                wait = left;
            }
        }

        return wait;
    }

    private void DialMissing(CancellationToken cancellation)
    {
        ForgetDials();
        int running = _dials.Values.Count(dial => !dial.Running.IsCompleted);
        int unproven = _dials.Values.Count(dial => !dial.Running.IsCompleted && dial.Unproven > 0);
        foreach (RegistryEntry member in gossip.Members)
        {
            if (running >= MaxDials)
            {
                return;
            }

            if (member.Node == self || !IsLiving(member) ||
                IsLinkedDirectly(member.Node) || MemberTags.LinkAddressOf(member) is not { } address)
            {
                continue;
            }

            MemberIdentity identity = IdentityOf(member);
            bool isClaim = identity == MemberIdentity.Claimed;
            if ((identity != MemberIdentity.Verified && !isClaim) || (isClaim && unproven >= MaxUnprovenDials))
            {
                continue;
            }

            if (!_dials.TryGetValue(member.Node, out Dial? dial))
            {
                _dials[member.Node] = dial = new Dial();
            }

            TimeSpan pause = isClaim && dial.Unproven >= MaxUnprovenTries ? s_unprovenPause : dial.Pause;
            if (dial.Running.IsCompleted && time.GetElapsedTime(dial.EndedAt) >= pause)
            {
                dial.Unproven = isClaim ? dial.Unproven + 1 : 0;
                unproven += isClaim ? 1 : 0;
                dial.Running = DialAsync(dial, member.Node, address, cancellation);
                running++;
            }
        }
    }

    // A dial under way stays until it has ended, so that it has an owner.
    private void ForgetDials()
    {
        HashSet<NodeId> living = [.. gossip.Members.Where(IsLiving).Select(member => member.Node)];
        foreach ((NodeId node, Dial dial) in _dials)
        {
            if (dial.Running.IsCompleted && !living.Contains(node))
            {
                _dials.Remove(node);
            }
        }
    }

    // One that failed for this node alone may be back before gossip has settled it.
    private static bool IsLiving(RegistryEntry member) =>
        member.State is NodeState.Alive or NodeState.Suspect || !member.Confirmed;

    private bool IsLinkedDirectly(NodeId node) =>
        TryGetLink(node, out LinkPeer? peer) && peer.Transport != LinkTransportKind.Relay;

    private async Task DialAsync(Dial dial, NodeId node, IPEndPoint address, CancellationToken cancellation)
    {
        try
        {
            if (MayDial?.Invoke(address) == false)
            {
                throw new LinkException(LinkFault.Unreachable, $"The direct way to {address} is closed here.");
            }

            Task<LinkPeer> direct = ConnectAsync(node, address, cancellation);
            await GoRoundSilenceAsync(dial, node, direct, cancellation);
            await direct;
            dial.Unproven = 0;
            dial.Failures = 0;
            dial.Pause = s_firstPause; // a peer that accepts and hangs up is not dialed in a circle
        }
        catch (LinkException e)
        {
            TimeSpan next = dial.Pause == TimeSpan.Zero ? s_firstPause : dial.Pause * 2;
            dial.Pause = next < s_longestPause ? next : s_longestPause;
            _judge.NoteNotReached(node, e);
            Log.DialFailed(log, node.ShortName, address, e.Fault, e.Message);
            await GoRoundAsync(dial, node, e.Fault, cancellation);
        }
        catch (OperationCanceledException)
        {
            // told to end
        }

        dial.EndedAt = time.GetTimestamp();
        Wake();
    }

    // Gossip knows one address of a node; where that one is not to be had, the node may have told another.
    private async Task<LinkPeer> ConnectAsync(NodeId node, IPEndPoint address, CancellationToken cancellation)
    {
        try
        {
            return await link.ConnectAsync(node, address, cancellation);
        }
        catch (LinkException e) when (e.Fault == LinkFault.Unreachable && !PeerJudge.IsRefusal(e)
            && gossip.OtherEndPointOf(address) is not null)
        {
            return await link.ConnectAsync(node, gossip.OtherEndPointOf(address) ?? address, cancellation);
        }
    }

    // What drops packets without a word would hold the node up for the whole limit of a dial, again and again.
    private async Task GoRoundSilenceAsync(
        Dial dial, NodeId node, Task<LinkPeer> direct, CancellationToken cancellation)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task silence = Task.Delay(s_silence, time, answered.Token);
        if (await Task.WhenAny(direct, silence) == silence && !cancellation.IsCancellationRequested)
        {
            dial.Failures = FailuresBeforeRelay;
            await GoRoundAsync(dial, node, LinkFault.HandshakeTimeout, cancellation);
        }

        await answered.CancelAsync();
    }

    // A wrong certificate is as wrong behind a relay; what blocks the way is not there.
    private async Task GoRoundAsync(Dial dial, NodeId node, LinkFault fault, CancellationToken cancellation)
    {
        bool isBlocked = fault is LinkFault.Unreachable or LinkFault.HandshakeTimeout or LinkFault.TlsFailed
            or LinkFault.Reset or LinkFault.PeerSilent;
        if (!isBlocked || ++dial.Failures < FailuresBeforeRelay || TryGetLink(node, out _))
        {
            return;
        }

        Barred?.Invoke(node);
        try
        {
            if (ConnectByRelay is { } connect && await connect(node, cancellation))
            {
                dial.Pause = s_longestPause; // and then the direct way is tried again
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
    }

    private void OnConnected(LinkPeer peer)
    {
        _judge.NoteConnected(peer.Node);
        Connected?.Invoke(peer);
        Changed?.Invoke();
    }

    private void OnLost(LinkPeer peer, LinkFault fault)
    {
        Log.LinkLost(log, peer.Node.ShortName, fault);
        _judge.NoteLost(peer.Node, fault);
        Wake();
        Changed?.Invoke();
    }

    public void Dispose() => _wake.Dispose();

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // it is awake already
        }
    }

    private sealed class Dial
    {
        public Task Running { get; set; } = Task.CompletedTask;

        public TimeSpan Pause { get; set; }

        /// <summary>Attempts since the node was last proven to be a member.</summary>
        public int Unproven { get; set; }
        public int Failures { get; set; }

        public long EndedAt { get; set; }
    }
}
