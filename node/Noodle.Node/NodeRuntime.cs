using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using Ahr.Backends.Auto;
using Ahr.Backends.Bytecode;
using Ahr.Backends.OnnxRuntime;
using Ahr.Planning;
using Ahr.Runtime;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Runtime.Resources;
using Noodle.Node.Control;
using Noodle.Node.Health;
using Noodle.Node.Hosting;
using Noodle.Node.Mesh;
using Noodle.Node.Mesh.Topology;
using Noodle.Node.Models;
using Noodle.Node.Options;
using Noodle.Node.Programs;
using Noodle.Node.Routing;
using Noodle.Node.Talk;
using Noodle.Node.Trust;
using Noodle.Primitives;
using NoodleNet.Runtime.Mesh;
using NoodleNet.Runtime.Storage;
using NoodleNet.Runtime.Trust;
using NoodleNet.State;

namespace Noodle.Node;

/// <summary>One node: makes its parts, starts them in their order, and ends them in the other.</summary>
/// <remarks>
/// <code>
/// data folder -> membership -> models, state -> mesh port -> HTTP (the host's) -> ready
/// told to stop: draining is announced -> HTTP finishes -> calls of others finish -> mesh port closes
/// </code>
/// </remarks>
internal sealed class NodeRuntime(
    NodeOptions options, HttpAddress http, ResourceManager resources, TimeProvider time, ILoggerFactory logs,
    IHostApplicationLifetime lifetime)
    : IHostedLifecycleService, INodeInformation, IInferenceService, IModelCatalog, IAsyncDisposable
{
    private static readonly TimeSpan s_leaveLimit = TimeSpan.FromSeconds(2);

    private readonly ILogger _log = logs.CreateLogger<NodeRuntime>();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskBoard _tasks = new(time);
    private NodeFolder? _folder;
    private NodeMesh? _mesh;
    private Parts? _parts;
    private Task _loops = Task.CompletedTask;
    private bool _started;
    private volatile string? _brokenPart;
    private long _drainBegan;
    private int _disposed;

    public NodeId Id => Started(_folder).Node;

    public Uri Http => http.Uri;

    public IPEndPoint Mesh => Started(_mesh).Gossip.AdvertisedEndPoint;

    public string MeshName => Started(_mesh).Id.ToString()[..8];

    public string Membership => Started(_mesh).Origin switch
    {
        MembershipOrigin.Founded => "founded",
        MembershipOrigin.Joined => "joined",
        _ => "member",
    };

    public string Folder => Started(_folder).FolderPath;

    public string? BrokenPart => _brokenPart;

    private static string Version { get; } =
        typeof(NodeRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    internal NodeView View => Started(_parts).View;

    internal TrustControl Trust => Started(_parts).TrustControl;

    /// <summary>Before the start: false for an address closes the direct way to it.</summary>
    internal Func<IPEndPoint, bool>? MayDial { get; set; }

    internal TopologyView Topology => Started(_parts).TopologyView;

    internal MeshEventLog Events => Started(_parts).Events;

    /// <summary>Through which programs on several nodes reach each other.</summary>
    internal ProgramMail Programs => Started(_parts).Talk.Programs;

    internal Deployments Deployments => Started(_parts).Deployments;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _folder = NodeFolder.Open(NodeFolder.ResolveRoot(options.Data), Guid.NewGuid, Environment.MachineName);
        var handler = new TalkHandler(logs.CreateLogger<TalkHandler>());
        _mesh = await NodeMesh.OpenAsync(options, _folder, resources.Root.OpenChild("mesh"), time, logs, handler,
            cancellationToken);
        _parts = Assemble(_folder, _mesh);
        handler.Serve(_parts.Talk);
        await _mesh.StartAsync(Http, Version, cancellationToken);
        _started = true;
        _loops = Task.WhenAll(
            GuardAsync("gossip", _mesh.Gossip.Completion.WaitAsync), GuardAsync("discovery", _mesh.RunAsync),
            GuardAsync("connections", _parts.Peers.RunAsync),
            GuardAsync("topology", _parts.Talk.Topology.RunAsync),
            GuardAsync("status", _parts.Status.RunAsync), GuardAsync("models", _parts.Reconciler.RunAsync),
            GuardAsync("trust", _parts.Trust.RunAsync),
            GuardAsync("health", _parts.Talk.Health.RunAsync),
            GuardAsync("events", stop => _parts.Events.RunAsync(
                _mesh.Gossip, _mesh.Link, _parts.Talk.Health.Forget, stop)));
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var ports = new Dictionary<string, int> { ["http"] = Http.Port, ["mesh"] = Mesh.Port };
        Started(_folder).AnnounceReady(Http.ToString(), ports);
        Log.Ready(_log, Id.ToString(), Started(_mesh).Id.ToString(), Http, Folder);
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (!_started || _parts is not { } parts || _mesh is not { } mesh)
        {
            return;
        }

        _drainBegan = time.GetTimestamp();
        Log.Draining(_log, parts.Models.InFlight, options.DrainTimeout.TotalSeconds);
        parts.Status.Draining = true;
        parts.Status.SendToAll(cancellationToken);
        await mesh.Gossip.LeaveAsync(s_leaveLimit);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_started && _mesh is { } mesh)
        {
            _parts?.Talk.Relays.Stop(); // streams of others would hold the connections open
            TimeSpan left = options.DrainTimeout - time.GetElapsedTime(_drainBegan);
            await mesh.Link.DrainAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            Log.Left(_log);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<InferenceAnswer> InferAsync(InferenceCall call, CancellationToken cancellation) =>
        CallRequirement.TryApply(call, out InferenceCall applied, out string? fault)
            ? Started(_parts).Router.InferAsync(applied, cancellation)
            : new(new InferenceAnswer { Fault = InferenceFault.InvalidInput, Message = fault });

    IReadOnlyList<DeployedModel> IModelCatalog.List() => Started(_parts).Catalog.List();

    bool IModelCatalog.TryGet(string name, [NotNullWhen(true)] out DeployedModel? model) =>
        Started(_parts).Catalog.TryGet(name, out model);

    IReadOnlyList<Candidate> IModelCatalog.GetCandidates(DeployedModel model) =>
        Started(_parts).Catalog.GetCandidates(model);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return; // it is registered under several types, and the container disposes of each
        }

        await _stop.CancelAsync();
        await _loops;
        if (_parts is { } parts)
        {
            await parts.Trust.DisposeAsync();
            await parts.Models.DisposeAsync();
            parts.Talk.Duplicates.Dispose();
            parts.Callers.Dispose();
        }

        if (_mesh is not null)
        {
            await _mesh.DisposeAsync();
        }

        _parts?.Peers.Dispose();
        _parts?.Talk.Relays.Dispose();
        _parts?.Talk.Topology.Dispose();
        _parts?.Talk.State.Dispose();
        _folder?.Dispose();
        _stop.Dispose();
    }

    private static T Started<T>(T? part)
        where T : class => part ?? throw new InvalidOperationException("The node has not started.");

    private Parts Assemble(NodeFolder folder, NodeMesh mesh)
    {
        var peers = new MeshPeers(mesh.Link, mesh.Gossip, folder.Node, time, logs.CreateLogger<MeshPeers>());
        var store = new ModelStore(
            folder.ModelsPath, new ModelStoreOptions { MaxModelBytes = options.MaxModelBytes },
            logs.CreateLogger<ModelStore>());
        var backend = new OnnxRuntimeBackend(
            new OnnxRuntimeOptions(), logs.CreateLogger<OnnxRuntimeBackend>(), _tasks);
        ClusterModels? deployed = null; // it needs the host, which needs the fetcher
        var fetcher = new PeerModelFetcher(
            new LinkContentPeers(peers), digest => deployed?.FindByDigest(digest), time,
            logs.CreateLogger<PeerModelFetcher>());
        ModelHost host = AssembleHost(folder, store, backend, fetcher);
        var state = new ClusterState(
            folder.Node,
            new StateDatabase(
                Path.Combine(folder.StatePath, "cluster.db"), logs.CreateLogger<StateDatabase>(),
                snapshot: Path.Combine(folder.StatePath, "cluster")),
            time, logs.CreateLogger<ClusterState>());
        var catalog = deployed = new ClusterModels(state, peers, host);
        var events = new MeshEventLog(folder.Node, time);
        var health = new NodeHealth(
            folder.Node, peers, host, folder.FolderPath, backend.Name, backend.FindFault, events, time);
        ulong seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        var callers = new PeerCallers(mesh.Link, time, seed);
        var status = new StatusExchange(
            peers, state, host, time, logs.CreateLogger<StatusExchange>(), health, callers.Exchange);
        var reconciler = new ModelReconciler(catalog, peers, host, store, time, logs.CreateLogger<ModelReconciler>());
        TrustParts trust = AssembleTrust(mesh, peers, state, status, callers);
        (MeshTopology topology, RelayService relays) = AssembleTopology(folder, mesh, peers, status, seed);
        var facts = new MeshFacts(topology, peers, Version);
        InferenceRouter router = AssembleRouter(catalog, host, peers, facts, callers.Inference, seed);
        var talk = new TalkServices
        {
            Topology = topology,
            Relays = relays,
            Models = host,
            Store = store,
            Content = new ContentHandler(store, _stop.Token),
            Duplicates = new DuplicateCalls(new DuplicateCallsOptions(), time),
            State = state,
            Status = status,
            Trust = trust.Talk,
            Health = health,
            Programs = AssemblePrograms(folder, peers, trust, facts),
            MaxRequestBytes = options.MaxRequestBytes,
            MaxStateBytes = 2 * new LwwMap().Limits.TotalBytes,
            Stopping = _stop.Token,
        };
        return new Parts(
            peers, host, catalog, status, reconciler, router, talk,
            new Deployments(catalog, reconciler, host, store, status, time, logs.CreateLogger<Deployments>()),
            new NodeView(peers, catalog, host, router.Decisions, Http, health, () => mesh.Strangers)
            {
                IdentityOf = trust.Identities.Of,
            },
            trust, new TrustControl(trust, peers, () => mesh.Strangers, time),
            new TopologyView(topology, peers, relays, facts, () => host.InFlight, seed), events, callers);
    }

    private ModelHost AssembleHost(
        NodeFolder folder, ModelStore store, OnnxRuntimeBackend onnxRuntime, PeerModelFetcher fetcher)
    {
        ResourceAccount account = resources.Root.OpenChild("models");
        ResourceAccount runs = account.OpenChild("nbc");
        ILogger<NbcBackend> log = logs.CreateLogger<NbcBackend>();
        // Whoever names Noodle's own engine gets nothing else; where either will do, parts may run on the other.
        var nbc = new NbcBackend(new NbcBackendOptions { AllowFallback = false }, log, runs, _tasks);
        var mixed = new NbcBackend(new NbcBackendOptions(), log, runs, _tasks);
        var auto = new AutoBackend([mixed, onnxRuntime], time, logs.CreateLogger<AutoBackend>());
        return new ModelHost(
            folder.Node, store, auto, account, fetcher, new ModelHostOptions(), logs.CreateLogger<ModelHost>(), nbc,
            onnxRuntime)
        {
            Tasks = _tasks,
        };
    }

    private ProgramMail AssemblePrograms(NodeFolder folder, MeshPeers peers, TrustParts trust, MeshFacts facts) => new(
        folder.Node, new ProgramPeers(peers), trust.Talk.MayRunPrograms, resources.Root.OpenChild("programs"),
        facts.Meets);

    private InferenceRouter AssembleRouter(
        ClusterModels catalog, ModelHost host, MeshPeers peers, MeshFacts facts, HedgedAttempts attempts, ulong seed)
    {
        var executor = new TalkExecutor(peers, name => catalog.TryGet(name, out DeployedModel? model) ? model : null);
        var selector = new MeshSelector(
            facts, attempts.Allows, digest => host.GetStatus(digest).ServiceMicroseconds);
        return new InferenceRouter(
            catalog, host, executor, catalog, new DecisionLog(), new RouterOptions { Seed = seed }, time,
            logs.CreateLogger<InferenceRouter>(), selector, attempts);
    }

    private (MeshTopology Topology, RelayService Relays) AssembleTopology(
        NodeFolder folder, NodeMesh mesh, MeshPeers peers, StatusExchange status, ulong seed)
    {
        var topology = new MeshTopology(
            folder.Node, peers, new LoadSampler(folder.FolderPath), time, seed, logs.CreateLogger<MeshTopology>());
        var relays = new RelayService(
            mesh.Link, folder.Node, new RelayOptions(), resources.Root.OpenChild("relays"),
            target => RelayDialer.FindNext(topology, target), logs.CreateLogger<RelayService>(), time);
        var dialer = new RelayDialer(topology, relays, logs.CreateLogger<RelayDialer>());
        (peers.ConnectByRelay, peers.Predict, peers.MayDial) = (dialer.TryConnectAsync, topology.Predict, MayDial);
        status.Composing += topology.Describe;
        status.Told += topology.Take;
        mesh.Gossip.RoundTripMeasured += probe =>
            topology.NoteRoundTrip(probe.Member, probe.RoundTrip, probe.Coordinate);
        topology.TellCoordinate = mesh.Gossip.SetCoordinate;
        return (topology, relays);
    }

    private TrustParts AssembleTrust(
        NodeMesh mesh, MeshPeers peers, ClusterState state, StatusExchange status, PeerCallers callers)
    {
        var trust = new TrustParts(
            mesh.Membership, peers, state, mesh.Link, mesh.Keys, options.RotateAfterRevocation, callers.Trust, time,
            logs.CreateLogger<TrustParts>())
        {
            Neighbours = mesh.FindNeighboursAsync,
        };
        mesh.Joins.Forward = trust.Talk.AskAdminAsync;
        peers.IdentityOf = trust.Identities.Of;
        status.GossipEpoch = () => trust.Keys.Epoch;
        return trust;
    }

    // A part that ends by itself has a defect: a node that is half alive is worse than one that is restarted.
    private async Task GuardAsync(string name, Func<CancellationToken, Task> run)
    {
        try
        {
            await run(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // told to end
        }
        catch (Exception e)
        {
            Log.PartBroke(_log, name, e);
            _brokenPart = name;
            lifetime.StopApplication();
        }
    }

    private sealed record Parts(
        MeshPeers Peers, ModelHost Models, ClusterModels Catalog, StatusExchange Status, ModelReconciler Reconciler,
        InferenceRouter Router, TalkServices Talk, Deployments Deployments, NodeView View,
        TrustParts Trust, TrustControl TrustControl, TopologyView TopologyView, MeshEventLog Events,
        PeerCallers Callers);
}
