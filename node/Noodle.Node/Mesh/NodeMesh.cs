using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Noodle.Node.Hosting;
using Noodle.Node.Options;
using Noodle.Node.Trust;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;
using NoodleNet.Runtime.Discovery;
using NoodleNet.Runtime.Link;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.Trust;

namespace Noodle.Node.Mesh;

/// <summary>This node's part in the mesh: its membership, and what listens and announces on its mesh port.</summary>
/// <remarks>
/// Meaning: one port number for all. UDP is gossip; a TCP connection that begins as TLS does goes to NoodleLink, any
/// other to gossip. Use: <see cref="OpenAsync"/>, <see cref="StartAsync"/>, <see cref="RunAsync"/>, dispose.
/// </remarks>
internal sealed class NodeMesh : IAsyncDisposable
{
    private const int PortTries = 64;
    private const int QuicPortAbove = 1000;
    private static readonly TimeSpan s_networkPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_joinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestJoinPause = TimeSpan.FromSeconds(5);

    private readonly NodeOptions _options;
    private readonly NodeId _self;
    private readonly MeshMembership _membership;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly IResourceAccount _account;
    private readonly KeyRing _keys;
    private readonly JoinService _joins;
    private BeaconHost? _beacons;

    private NodeMesh(
        NodeOptions options, NodeId self, MeshMembership membership, IResourceAccount account, TimeProvider time,
        ILoggerFactory logs, ILinkHandler handler)
    {
        (_options, _self, _membership, _account, _time, _logs) = (options, self, membership, account, time, logs);
        _keys = new KeyRing(membership.Credentials.GossipKeys);
        _joins = membership.CreateJoinService(time, logs.CreateLogger<JoinService>());
        Link = new LinkHost(
            new LinkOptions(), membership.Credentials, handler, account, logs.CreateLogger<LinkHost>(), time, [_joins]);
        Gossip = new GossipHost(
            new GossipOptions
            {
                Profile = options.Lan ? SwimOptions.Lan : SwimOptions.Local,
                Keys = _keys,
                AlsoOn = options.Lan ? IPAddress.IPv6Any : IPAddress.IPv6Loopback,
                TakeTls = Link.TryAdopt,
                TakeDatagram = datagram => Link.TakeDatagram(datagram),
            },
            self, logs.CreateLogger<GossipHost>(), time, account);
    }

    public LinkHost Link { get; }

    public GossipHost Gossip { get; }

    public MeshMembership Membership => _membership;

    /// <summary>The gossip keys in use.</summary>
    public KeyRing Keys => _keys;

    /// <summary>What answers joiners.</summary>
    public JoinService Joins => _joins;

    /// <summary>Nodes heard by multicast that are not proven to be of this mesh.</summary>
    public IReadOnlyList<Stranger> Strangers => _beacons?.Strangers ?? [];

    public MeshId Id => _membership.Credentials.Mesh;

    public MembershipOrigin Origin => _membership.Origin;

    /// <summary>Loads this node's membership, or joins the mesh of its token, or founds one.</summary>
    /// <exception cref="TrustException">It cannot become a member; the sentence says why and what to do.</exception>
    public static async Task<NodeMesh> OpenAsync(
        NodeOptions options, NodeFolder folder, IResourceAccount account, TimeProvider time, ILoggerFactory logs,
        ILinkHandler handler, CancellationToken cancellation)
    {
        string tokenPath = options.TokenFile ?? folder.TokenPath;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.JoinTimeout);
        await WaitForNetworkAsync(options, time, limit.Token, cancellation);
        try
        {
            MeshMembership membership = await MeshMembership.OpenAsync(
                folder,
                // who names a mesh wants that one
                new MembershipOptions
                {
                    TokenPath = tokenPath, MayFound = options.Join.Count == 0,
                    BeforeFounding = options is { Lan: true, Multicast: true, Found: false }
                        ? stop => FoundingCheck.RunAsync(options, folder.Node, account, time, logs, stop)
                        : null,
                },
                FindAsync(options, folder.Node, tokenPath, account, time, logs, limit.Token),
                time, logs.CreateLogger<MeshMembership>(), limit.Token);
            return new NodeMesh(options, folder.Node, membership, account, time, logs, handler);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TrustException(
                $"No node that can admit this one answered within {options.JoinTimeout.TotalSeconds:0.###} s for " +
                $"mesh {MeshToken.Load(tokenPath)?.Mesh}; start the node that founded it, or name its address " +
                "with --join HOST:PORT.");
        }
    }

    // A machine that has just started, or a cable just plugged in, takes a moment; others are told the address once.
    private static async Task WaitForNetworkAsync(
        NodeOptions options, TimeProvider time, CancellationToken limit, CancellationToken cancellation)
    {
        while (options.Lan && !GossipHost.IsOnNetwork)
        {
            try
            {
                await Task.Delay(s_networkPause, time, limit);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new TrustException(
                    $"No network interface came up within {options.JoinTimeout.TotalSeconds:0.###} s " +
                    "with an IPv4 address, or an IPv6 one that is not link-local (fe80:...): other nodes could not " +
                    "be told where this one is. Connect it and start again, or start without --lan.");
            }
        }
    }

    /// <summary>Opens the mesh port and begins to gossip and to announce.</summary>
    /// <exception cref="PortInUseException">The port asked for is in use.</exception>
    public async Task StartAsync(Uri http, string version, CancellationToken cancellation)
    {
        Dictionary<string, string> tags = MemberTags.Write(_options.Lan ? null : http, version);
        await OpenPortAsync(tags, cancellation);
        // The claim names the port, which is known only now; nobody has heard of this node yet.
        tags[MetaIdentity.Tag] = _membership.Credentials.SignIdentity(Gossip.LocalEndPoint.Port).ToTag();
        await Gossip.SetTagsAsync(tags, cancellation);
        if (!_options.Multicast)
        {
            return;
        }

        _beacons = new BeaconHost(
            new BeaconOptions
            {
                Scope = ScopeOf(_options), Keys = _keys, Port = _options.BeaconPort,
                Signer = KeySigner.Of(_membership.Credentials.Certificate),
            },
            _logs.CreateLogger<BeaconHost>(), _time, _account);
        const BeaconFlags flags = BeaconFlags.Asks | BeaconFlags.AdmitsJoiners; // every member receives joiners
        var port = (ushort)Gossip.LocalEndPoint.Port;
        await _beacons.StartAsync(
            new Beacon(GuidOf(Id), _self, port, port, (ushort)http.Port, flags), cancellation);
    }

    /// <summary>Where a member may be that has newer gossip keys than this node: it cannot be heard by
    /// gossip.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> FindNeighboursAsync(CancellationToken cancellation)
    {
        var found = new List<IPEndPoint>(Strangers
            .Where(stranger => stranger.Mesh == GuidOf(Id) && stranger.LinkPort != 0)
            .Select(stranger => new IPEndPoint(stranger.Address, stranger.LinkPort)));
        SeedLookup given = LookupOf(_options, _time, _logs);
        await given.RefreshAsync(cancellation);
        return [.. found, .. given.Addresses];
    }

    /// <summary>Finds the other nodes, and finds them again when alone, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var seeds = new MeshSeeds(LookupOf(_options, _time, _logs), _beacons, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        SeedJoiner heard = MakeJoiner(), given = MakeJoiner();
        Task[] both =
        [
            seeds.ForGossipAsync(TakeHeard, stop.Token),
            _options.Join.Count == 0 ? Task.CompletedTask : seeds.ForGivenAsync(TakeGiven, stop.Token),
        ];
        try
        {
            await await Task.WhenAny(both); // a defect in one is not to wait for the other
            await Task.WhenAll(both);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll([.. both, heard.CloseAsync(), given.CloseAsync()])
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        void TakeHeard(NodeId node, IPEndPoint address)
        {
            if (node != _self && !Gossip.Members.Any(member => member.Node == node && IsLiving(member)))
            {
                heard.Offer(address, stop.Token);
            }
        }

        void TakeGiven(IReadOnlyList<IPEndPoint> addresses)
        {
            foreach (IPEndPoint named in addresses)
            {
                IPEndPoint address = Gossip.KnownEndPointOf(named);
                if (!address.Equals(Gossip.AdvertisedEndPoint) &&
                    !Gossip.Members.Any(member => member.GossipEndPoint.Equals(address) && IsLiving(member)))
                {
                    given.Offer(named, stop.Token);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_beacons is not null)
        {
            await _beacons.DisposeAsync();
        }

        await Gossip.DisposeAsync();
        await Link.DisposeAsync();
        _membership.Dispose();
    }

    // Other nodes may start at the same moment: only opening a port tells whether it is free.
    private async Task OpenPortAsync(Dictionary<string, string> tags, CancellationToken cancellation)
    {
        IPAddress address = _options.Lan ? IPAddress.Any : IPAddress.Loopback;
        const int first = NodeOptions.DefaultMeshPort;
        IEnumerable<int> ports = _options.MeshPort is { } asked ? [asked] : [.. Enumerable.Range(first, PortTries), 0];
        foreach (int port in ports)
        {
            try
            {
                await Gossip.StartAsync(new IPEndPoint(address, port), tags, cancellation);
                await OpenPathsAsync(address, cancellation);
                return;
            }
            catch (InvalidOperationException e) when (e.InnerException is SocketException)
            {
                // the next one
            }
        }

        throw new PortInUseException(
            $"Port {ports.First()} on {address} is in use (UDP or TCP); stop what uses it or choose another with " +
            "--mesh-port.");
    }

    // Datagrams go over the mesh port; QUIC needs a UDP port of its own. It is told to peers, and far enough from
    // the mesh ports of other nodes on this machine.
    private async Task OpenPathsAsync(IPAddress address, CancellationToken cancellation)
    {
        int port = Gossip.LocalEndPoint.Port;
        Link.UseDatagrams(port, Gossip.TrySendDatagram);
        // Bound to every address of IPv6, QUIC takes those of IPv4 too.
        address = _options.Lan && Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : address;
        int quic = port + QuicPortAbove;
        await Link.StartQuicAsync(new IPEndPoint(address, quic <= IPEndPoint.MaxPort ? quic : 0), cancellation);
    }

    private static BeaconScope ScopeOf(NodeOptions options) =>
        options.Lan ? BeaconScope.AllInterfaces : BeaconScope.Loopback;

    private static Guid GuidOf(MeshId mesh) => Guid.ParseExact(mesh.ToString(), "N");

    private static async IAsyncEnumerable<IPEndPoint> FindAsync(
        NodeOptions options, NodeId self, string tokenPath, IResourceAccount account, TimeProvider time,
        ILoggerFactory logs, [EnumeratorCancellation] CancellationToken cancellation)
    {
        // Read here and not before: a node that lost the race to found the mesh finds the winner's token only now.
        if (MeshToken.Load(tokenPath) is not { } token)
        {
            yield break;
        }

        await using BeaconHost? listening = options.Multicast
            ? new BeaconHost(
                new BeaconOptions { Scope = ScopeOf(options), Port = options.BeaconPort },
                logs.CreateLogger<BeaconHost>(), time, account)
            : null;
        if (listening is not null)
        {
            await listening.StartAsync(new Beacon(GuidOf(token.Mesh), self, 0, 0, 0, BeaconFlags.Asks), cancellation);
        }

        Log.LookingForMesh(
            logs.CreateLogger<NodeMesh>(), token.Mesh.ToString(),
            listening is null ? "at the addresses given" : "by multicast");
        await foreach (IPEndPoint address in new MeshSeeds(LookupOf(options, time, logs), listening, time)
            .ForJoiningAsync(GuidOf(token.Mesh), cancellation))
        {
            yield return address;
        }
    }

    private static SeedLookup LookupOf(NodeOptions options, TimeProvider time, ILoggerFactory logs) => new(
        [
            .. options.Join.Select(text => MeshAddress.TryParseSeed(text, out SeedName? seed) ? seed : null)
                .OfType<SeedName>(),
        ],
        options.NameServers, time, logs.CreateLogger<SeedLookup>());

    private static bool IsLiving(RegistryEntry member) => member.State is NodeState.Alive or NodeState.Suspect;

    private SeedJoiner MakeJoiner() => new(
        async (address, cancellation) => await Gossip.JoinAsync([address], cancellation) > 0,
        new SeedAttempts(burst: 32, perSecond: 16, s_joinPause, s_longestJoinPause), _time);
}
