using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Ahr.Planning;
using Ahr.Runtime;
using Google.Protobuf;
using Nbc.Tensors;
using Noodle.Node.Mesh;
using NoodleNet.Discovery;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Link;
using NoodleNet.State;
using NoodleNet.Talk;

namespace Noodle.Node.Models;

/// <summary>What is deployed in the mesh, read from the cluster state, and which node can run it.</summary>
internal sealed class ClusterModels : IModelCatalog, IModelProgress
{
    private readonly ClusterState _state;
    private readonly MeshPeers _peers;
    private readonly ModelHost _local;
    private readonly Lock _refreshing = new();
    private volatile FrozenDictionary<string, DeployedModel> _models = FrozenDictionary<string, DeployedModel>.Empty;

    public ClusterModels(ClusterState state, MeshPeers peers, ModelHost local)
    {
        _state = state;
        _peers = peers;
        _local = local;
        state.Changed += Refresh;
        peers.Changed += local.Changes.Raise;
        Refresh();
    }

    public IReadOnlyList<DeployedModel> List() =>
        [.. _models.Values.OrderBy(model => model.Name, StringComparer.Ordinal)];

    public bool TryGet(string name, [NotNullWhen(true)] out DeployedModel? model) =>
        _models.TryGetValue(name, out model);

    /// <summary>A model deployed from this file, one that names its chunks first; null when there is none.</summary>
    public DeployedModel? FindByDigest(string digest)
    {
        DeployedModel? found = null;
        foreach (DeployedModel model in _models.Values)
        {
            found = model.Digest == digest && found is not { ChunksDigest.Length: > 0 } ? model : found;
        }

        return found;
    }

    /// <summary>Writes a deployment for all nodes.</summary>
    public LwwFault Put(DeployedModel model) => _state.Write(StateKeys.Models + model.Name, Encode(model));

    /// <summary>Removes a deployment for all nodes.</summary>
    public LwwFault Remove(string name) => _state.Write(StateKeys.Models + name, null);

    public IReadOnlyList<Candidate> GetCandidates(DeployedModel model)
    {
        IReadOnlyList<RegistryEntry> members = _peers.Members;
        var candidates = new List<Candidate>(members.Count + 1)
        {
            new(_local.Node, true, _local.IsReady(model.Key), _local.InFlight, 0, 0),
        };
        foreach (RegistryEntry member in members)
        {
            if (member.Node == _local.Node || member.State is not (NodeState.Alive or NodeState.Suspect))
            {
                continue;
            }

            bool connected = _peers.TryGetLink(member.Node, out LinkPeer? link);
            NodeLoad? load = _peers.TryGetLoad(member.Node, out NodeLoad? known) ? known : null;
            bool ready = connected && load is { Status.Draining: false } && IsReady(load.Status, model.Key);
            candidates.Add(new Candidate(
                member.Node, false, ready, (int)(load?.InFlight ?? 0), link?.Outstanding ?? 0,
                link?.RoundTrip is { Ticks: > 0 } measured ? (long)measured.TotalMicroseconds
                    : _peers.Predict?.Invoke(member.Node) ?? 0));
        }

        return candidates;
    }

    /// <summary>Nodes that say they have the model loaded.</summary>
    public int CountReady(DeployedModel model) => GetCandidates(model).Count(candidate => candidate.IsReady);

    /// <summary>Nodes that should have it loaded: other names of the same file may want more.</summary>
    public int CountWanted(DeployedModel model) =>
        _models.Values.Where(other => other.Key == model.Key).Select(other => other.Replicas)
            .DefaultIfEmpty(model.Replicas).Max();

    /// <summary>True unless every node that has tried has failed.</summary>
    public bool IsBeingLoaded(DeployedModel model)
    {
        bool failed = _local.GetStatus(model.Key).State == ModelState.Failed;
        if (_local.GetStatus(model.Key).State is ModelState.Fetching or ModelState.Loading)
        {
            return true;
        }

        foreach (RegistryEntry member in _peers.Members)
        {
            if (_peers.TryGetLoad(member.Node, out NodeLoad? load) && Find(load.Status, model.Key) is { } replica)
            {
                if (replica.State is ReplicaState.Fetching or ReplicaState.Loading)
                {
                    return true;
                }

                failed |= replica.State == ReplicaState.Failed;
            }
        }

        return !failed; // deployed, and nobody has begun yet: somebody is about to
    }

    /// <summary>How far a node is with a model, as it last said.</summary>
    public static ReplicaStatus? Find(NodeStatus status, ModelKey key)
    {
        foreach (ReplicaStatus replica in status.Replicas)
        {
            if (replica.Digest == key.Digest && BackendOf(replica.Backend) == key.Backend)
            {
                return replica;
            }
        }

        return null;
    }

    /// <summary>True when a node says that it has the file, for whichever engine.</summary>
    public static bool HasFile(NodeStatus status, string digest)
    {
        foreach (ReplicaStatus replica in status.Replicas)
        {
            if (replica.Digest == digest && replica.State is ReplicaState.Ready or ReplicaState.Loading)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsReady(NodeStatus status, ModelKey key) => Find(status, key)?.State == ReplicaState.Ready;

    private void Refresh()
    {
        lock (_refreshing) // two changes at once: the one that lists last must also be the one that stays
        {
            _models = _state.List(StateKeys.Models)
                .Select(entry => Decode(entry.Key[StateKeys.Models.Length..], entry.Value))
                .OfType<DeployedModel>()
                .ToFrozenDictionary(model => model.Name, StringComparer.Ordinal);
        }

        _local.Changes.Raise();
    }

    // Nodes that know of no choice say nothing.
    private static string BackendOf(string told) => told.Length == 0 ? ModelKey.DefaultBackend : told;

    private static byte[] Encode(DeployedModel model)
    {
        var deployment = new Deployment
        {
            Version = model.Version,
            Digest = model.Digest,
            SizeBytes = model.SizeBytes,
            Platform = model.Platform,
            Replicas = (uint)model.Replicas,
            ChunksDigest = model.ChunksDigest,
            Backend = model.Backend,
        };
        deployment.Inputs.AddRange(model.Inputs.Select(Encode));
        deployment.Outputs.AddRange(model.Outputs.Select(Encode));
        return deployment.ToByteArray();
    }

    private static TensorShape Encode(TensorSpec spec)
    {
        var shape = new TensorShape { Name = spec.Name, Datatype = ElementTypes.NameOf(spec.Type) };
        shape.Dimensions.AddRange(spec.Dimensions);
        return shape;
    }

    private static DeployedModel? Decode(string name, ReadOnlyMemory<byte> value)
    {
        try
        {
            Deployment d = Deployment.Parser.ParseFrom(value.Span);
            return !ModelNames.IsValid(name) || !ModelStore.IsDigest(d.Digest) || d.Replicas is 0 or > int.MaxValue
                ? null
                : new DeployedModel(
                    name, d.Version, d.Digest, d.SizeBytes, d.Platform, (int)d.Replicas,
                    [.. d.Inputs.Select(Decode)], [.. d.Outputs.Select(Decode)])
                {
                    ChunksDigest = ModelStore.IsDigest(d.ChunksDigest) ? d.ChunksDigest : "",
                    Backend = BackendOf(d.Backend),
                };
        }
        catch (InvalidProtocolBufferException)
        {
            return null; // written by a version that this one does not understand
        }
    }

    private static TensorSpec Decode(TensorShape shape)
    {
        // A datatype of a later version stays Undefined: this node cannot take the model's calls, and says so by name.
        ElementType type = ElementTypes.TryParse(shape.Datatype, out ElementType known) ? known : ElementType.Undefined;
        return new TensorSpec(shape.Name, type, [.. shape.Dimensions]);
    }
}
