using System.Collections.Concurrent;
using Ahr.Planning;
using Ahr.Runtime;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Discovery;
using NoodleNet.Mesh;
using NoodleNet.Talk;

namespace Noodle.Node.Models;

/// <summary>Makes this node hold the models that fall to it, and no others.</summary>
/// <remarks>
/// Meaning: every node ranks the living nodes for every model by rendezvous hashing; the first ones, as many as
/// replicas are wanted, hold it. A node that is no longer among them lets go only when those that are have it. No
/// node asks another.
/// Bound: one load under way a model; a failed one is tried again after a pause that doubles up to 30 s.
/// </remarks>
internal sealed class ModelReconciler(
    ClusterModels catalog, MeshPeers peers, ModelHost host, ModelStore store, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ModelKey, Attempt> _attempts = [];
    private readonly PinnedDigests _pinned = new(); // deployments under way: loaded before anybody is told of them
    private readonly ConcurrentDictionary<string, bool> _stale = new(StringComparer.Ordinal);
    private HashSet<string> _deployed = new(StringComparer.Ordinal);

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                Task change = host.Changes.Next;
                Reconcile(cancellation);
                await Task.WhenAny(change, Task.Delay(s_period, time, cancellation));
            }
        }
        catch (OperationCanceledException)
        {
            // told to end
        }
        finally
        {
            await Task.WhenAll(_attempts.Values.Select(attempt => Task.WhenAll(attempt.Running, attempt.Unloading)));
        }
    }

    private void Reconcile(CancellationToken cancellation)
    {
        IReadOnlyList<DeployedModel> models = catalog.List();
        NodeId[] living = [.. ListLiving()];
        HashSet<ModelKey> wanted = [];
        HashSet<ModelKey> kept = [];
        foreach (DeployedModel model in models)
        {
            IReadOnlyList<NodeId> holders = ReplicaPlacement.Rank(model.Digest, living, model.Replicas);
            if (holders.Contains(host.Node))
            {
                wanted.Add(model.Key);
            }
            else if (!holders.All(node => IsReadyAt(node, model.Key)))
            {
                kept.Add(model.Key); // somebody must answer until they have it
            }
        }

        foreach (ModelKey key in wanted)
        {
            Load(key, cancellation);
        }

        foreach (ModelStatus model in host.List())
        {
            if (!wanted.Contains(model.Key) && !kept.Contains(model.Key) && !_pinned.Contains(model.Digest))
            {
                Unload(model.Key);
            }
        }

        Forget([.. models.Select(model => model.Digest)]);
    }

    /// <summary>True when every node that the model belongs to has it loaded, or has tried and says that it cannot.
    /// </summary>
    public bool IsPlaced(DeployedModel model) => ReplicaPlacement
        .Rank(model.Digest, [.. ListLiving()], model.Replicas)
        .All(node => StateAt(node, model.Key) is ReplicaState.Ready or ReplicaState.Failed);

    /// <summary>Keeps a model loaded while it is being deployed; dispose to let go.</summary>
    public IDisposable Pin(string digest) => _pinned.Pin(digest);

    /// <summary>Keeps all files while one comes in whose digest is not known yet; dispose to let go.</summary>
    public IDisposable PinAll() => _pinned.PinAll();

    /// <summary>Gives up a file whose deployment came to nothing; it goes unless something else needs it.</summary>
    public void Abandon(string digest)
    {
        _stale[digest] = true;
        host.Changes.Raise();
    }

    private IEnumerable<NodeId> ListLiving()
    {
        yield return host.Node;
        foreach (RegistryEntry member in peers.Members)
        {
            bool drains = peers.TryGetLoad(member.Node, out NodeLoad? load) && load.Status.Draining;
            if (member.Node != host.Node && member.State is NodeState.Alive or NodeState.Suspect && !drains)
            {
                yield return member.Node;
            }
        }
    }

    private bool IsReadyAt(NodeId node, ModelKey key) => StateAt(node, key) == ReplicaState.Ready;

    private ReplicaState? StateAt(NodeId node, ModelKey key) =>
        node == host.Node ? (ReplicaState)host.GetStatus(key).State
        : peers.TryGetLoad(node, out NodeLoad? load) ? ClusterModels.Find(load.Status, key)?.State : null;

    private void Load(ModelKey key, CancellationToken cancellation)
    {
        if (!_attempts.TryGetValue(key, out Attempt? attempt))
        {
            _attempts[key] = attempt = new Attempt();
        }

        if (attempt.Running.IsCompleted && attempt.Unloading.IsCompleted && !host.IsReady(key) &&
            time.GetElapsedTime(attempt.EndedAt) >= attempt.Pause)
        {
            attempt.Running = LoadAsync(attempt, key, cancellation);
        }
    }

    private async Task LoadAsync(Attempt attempt, ModelKey key, CancellationToken cancellation)
    {
        try
        {
            ModelStatus status = await host.LoadAsync(key, cancellation);
            TimeSpan next = attempt.Pause == TimeSpan.Zero ? s_firstPause : attempt.Pause * 2;
            attempt.Pause = status.State != ModelState.Failed ? TimeSpan.Zero
                : next < s_longestPause ? next : s_longestPause;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // told to end; the host itself ends the load when it is disposed
        }

        attempt.EndedAt = time.GetTimestamp();
    }

    private void Unload(ModelKey key)
    {
        if (!_attempts.TryGetValue(key, out Attempt? attempt))
        {
            _attempts[key] = attempt = new Attempt();
        }

        if (attempt.Unloading.IsCompleted)
        {
            attempt.Unloading = host.UnloadAsync(key); // ends a load under way too
        }
    }

    // Files of models that were deployed and are no more. What was never seen deployed is left alone.
    private void Forget(HashSet<string> deployed)
    {
        foreach (string digest in _deployed.Where(digest => !deployed.Contains(digest)))
        {
            _stale[digest] = true;
        }

        _deployed = deployed;
        foreach (string digest in _stale.Keys)
        {
            // A file that is still being fetched or read would come back, or be missed.
            if (!deployed.Contains(digest) && (IsBusy(digest) || _pinned.Contains(digest)))
            {
                continue;
            }

            if (!deployed.Contains(digest) && _pinned.TryDelete(digest, store.Delete))
            {
                Log.ModelRemoved(log, digest);
            }

            if (deployed.Contains(digest) || !store.Contains(digest))
            {
                _stale.TryRemove(digest, out _);
            }
        }

        foreach (ModelKey key in _attempts.Keys.Where(key => !deployed.Contains(key.Digest) && !IsBusy(key.Digest))
            .ToArray())
        {
            _attempts.Remove(key);
        }
    }

    private bool IsBusy(string digest) =>
        host.List().Any(model => model.Digest == digest) ||
        _attempts.Any(pair => pair.Key.Digest == digest &&
            !(pair.Value.Running.IsCompleted && pair.Value.Unloading.IsCompleted));

    private sealed class Attempt
    {
        public Task Running { get; set; } = Task.CompletedTask;

        public Task Unloading { get; set; } = Task.CompletedTask;

        public TimeSpan Pause { get; set; }

        public long EndedAt { get; set; }
    }
}
