using Ahr.Runtime;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Noodle.Node.Mesh;
using NoodleNet.Content;
using NoodleNet.Runtime.Storage;
using NoodleNet.State;

namespace Noodle.Node.Models;

/// <summary>Why a deployment was refused.</summary>
internal enum DeployFault
{
    None,

    /// <summary>The name or the number of replicas is wrong.</summary>
    Invalid,

    /// <summary>The file is not a model, damaged, or needs something that no backend has.</summary>
    BadModel,

    /// <summary>The file is larger than this node takes.</summary>
    TooLarge,

    /// <summary>There is no model of that name.</summary>
    Unknown,

    /// <summary>This node cannot do it: disk, memory, or the cluster state is full.</summary>
    NodeFault,
}

/// <summary>What came of a deployment.</summary>
internal sealed record DeployResult(DeployFault Fault, string Message, DeployedModel? Model = null);

/// <summary>Takes models in for the whole mesh, and takes them out again.</summary>
internal sealed class Deployments(
    ClusterModels catalog, ModelReconciler reconciler, ModelHost host, ModelStore store, StatusExchange status,
    TimeProvider time, ILogger log)
{
    /// <summary>Most replicas of one model.</summary>
    public const int MaxReplicas = 10_000;

    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_letGoLimit = TimeSpan.FromSeconds(2);

    private readonly Lock _telling = new();

    /// <summary>Stores the file, proves that it loads, tells all nodes, and waits until those that it belongs to have
    /// it, and no other.</summary>
    /// <param name="digest">What its digest must be; null to take whatever it is.</param>
    public async Task<DeployResult> DeployAsync(
        string name, Stream content, int replicas, string? digest, string backend,
        CancellationToken cancellation)
    {
        if (FindFault(name, replicas, backend) is { } wrong)
        {
            return new(DeployFault.Invalid, wrong);
        }

        using TaskFrame frame = host.Tasks.Enter($"deploy {name}", NbcTask.Default);
        StoreResult stored;
        IDisposable pin;
        using (reconciler.PinAll())
        {
            stored = await store.ImportAsync(content, digest, cancellation);
            if (stored.Fault != StoreFault.None)
            {
                return new(FaultOf(stored.Fault), Sentence(stored.Message));
            }

            if (stored.SizeBytes == 0)
            {
                reconciler.Abandon(stored.Digest);
                return new(DeployFault.BadModel, "The body is empty; send the model file as it is.");
            }

            pin = reconciler.Pin(stored.Digest);
        }

        DeployedModel? model = null;
        using (pin)
        {
            try
            {
                DeployResult told = await LoadAndTellAsync(name, stored, replicas, backend, cancellation);
                model = told.Model;
                if (model is null)
                {
                    return told;
                }
            }
            finally
            {
                if (model is null)
                {
                    reconciler.Abandon(stored.Digest);
                }
            }

            await status.UntilPushedAsync(cancellation); // so that a call at any node finds it from now on
            await WaitAsync(() => reconciler.IsPlaced(model), s_readyLimit, cancellation);
        }

        host.Changes.Raise(); // this node held it until now, even where it does not belong
        await WaitAsync(() => catalog.CountReady(model) <= catalog.CountWanted(model), s_letGoLimit, cancellation);
        return new(DeployFault.None, "", model);
    }

    private string? FindFault(string name, int replicas, string backend) =>
        !ModelNames.IsValid(name)
            ? $"A model's name has 1 to {ModelNames.MaxLength} letters, digits, '.', '_' or '-', and starts with " +
                "a letter or digit."
        : replicas is < 1 or > MaxReplicas ? $"replicas is {replicas}; it takes 1 to {MaxReplicas}."
        : host.HasBackend(backend) ? null
        : "backend takes auto, nbc or onnxruntime.";

    private async Task<DeployResult> LoadAndTellAsync(
        string name, StoreResult stored, int replicas, string backend, CancellationToken cancellation)
    {
        ModelStatus loaded = await host.LoadAsync(new ModelKey(stored.Digest, backend), cancellation);
        if (loaded.State != ModelState.Ready)
        {
            string path = store.PathOf(stored.Digest);
            string reason = loaded.Reason.Replace(path, name, StringComparison.Ordinal)
                .Replace(Path.GetFileName(path), name, StringComparison.Ordinal);
            return new(DeployFault.BadModel, Sentence(reason));
        }

        DeployedModel model;
        LwwFault refused;
        string chunks = await DigestOfChunksAsync(stored, cancellation);
        try
        {
            lock (_telling) // two deployments of one name at once: each has a version of its own
            {
                long version = catalog.TryGet(name, out DeployedModel? before) ? before.Version + 1 : 1;
                model = new DeployedModel(
                    name, version, stored.Digest, stored.SizeBytes, PlatformOf(backend), replicas, loaded.Inputs,
                    loaded.Outputs)
                {
                    ChunksDigest = chunks,
                    Backend = backend,
                };
                refused = catalog.Put(model);
            }
        }
        catch (StorageException e)
        {
            return new(DeployFault.NodeFault, e.Message);
        }

        if (refused != LwwFault.None)
        {
            return new(DeployFault.NodeFault,
                $"The cluster state does not take the deployment ({refused}); remove a model first.");
        }

        Log.Deployed(log, name, model.Version, stored.Digest, replicas);
        return new(DeployFault.None, "", model);
    }

    // Whoever fetches the file checks each chunk against this; without it only the whole can be checked.
    private async Task<string> DigestOfChunksAsync(StoreResult stored, CancellationToken cancellation)
    {
        byte[]? hashes = await store.HashChunksAsync(stored.Digest, ChunkManifest.DefaultChunkBytes, cancellation);
        return ChunkManifest.TryCreate(
            stored.SizeBytes, ChunkManifest.DefaultChunkBytes, hashes, out ChunkManifest? manifest)
                ? manifest.Digest : "";
    }

    // What clients of the protocol know; which engine answered stands in each answer.
    private static string PlatformOf(string backend) => backend == "nbc" ? "noodle_onnx" : "onnxruntime_onnx";

    private static DeployFault FaultOf(StoreFault fault) => fault switch
    {
        StoreFault.DigestMismatch or StoreFault.NotADigest => DeployFault.BadModel,
        StoreFault.TooLarge => DeployFault.TooLarge,
        _ => DeployFault.NodeFault,
    };

    /// <summary>Takes a model out on all nodes.</summary>
    public async Task<DeployResult> RemoveAsync(string name, CancellationToken cancellation)
    {
        if (!catalog.TryGet(name, out DeployedModel? model))
        {
            return new(DeployFault.Unknown, $"There is no model '{name}'; `noodle ls` lists those that there are.");
        }

        LwwFault refused;
        try
        {
            lock (_telling)
            {
                refused = catalog.Remove(name);
            }
        }
        catch (StorageException e)
        {
            return new(DeployFault.NodeFault, e.Message);
        }

        if (refused != LwwFault.None)
        {
            return new(DeployFault.NodeFault, $"The cluster state does not take the removal ({refused}); try again.");
        }

        Log.Removed(log, name);
        await status.UntilPushedAsync(cancellation);
        return new(DeployFault.None, "", model);
    }

    private static string Sentence(string message)
    {
        string text = message.Length > 0 ? char.ToUpperInvariant(message[0]) + message[1..] : message;
        return text.EndsWith('.') ? text : text + ".";
    }

    private async Task WaitAsync(Func<bool> holds, TimeSpan limit, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) is var waited && waited < limit)
        {
            Task change = host.Changes.Next;
            if (holds())
            {
                return;
            }

            await change.WaitAsync(limit - waited, time, cancellation)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
        }
    }
}
