using System.Diagnostics;
using Ahr.Backends;
using Microsoft.Extensions.Logging;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>The models that this node has loaded, and the calls they answer.</summary>
/// <remarks>
/// <code>
/// absent --load--> fetching --file here--> loading --engine ready--> ready --unload--> absent
///                      \--------- no peer, damaged, no memory, not a model ---------> failed
/// </code>
/// One load a model at a time, whoever asks; a failed one is tried again by the next <see cref="LoadAsync"/>. Unloading
/// takes no more calls and waits for those inside. Memory is asked of the account before the engine takes it.
/// Bound: models, calls that run and calls that wait, by <see cref="ModelHostOptions"/>.
/// Safe for several threads.
/// </remarks>
public sealed class ModelHost : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ModelKey, HostedModel> _models = [];
    private readonly ModelStore _store;
    private readonly Dictionary<string, IBackend> _backends;
    private readonly IResourceAccount _account;
    private readonly IModelFetcher? _fetcher;
    private readonly ModelHostOptions _options;
    private readonly ILogger<ModelHost> _logger;
    private bool _disposed;

    /// <param name="backend">Runs what does not name another one.</param>
    /// <param name="fetcher">Null when there is no peer to fetch from.</param>
    /// <param name="others">Backends that a model may name.</param>
    public ModelHost(
        NodeId node,
        ModelStore store,
        IBackend backend,
        IResourceAccount account,
        IModelFetcher? fetcher,
        ModelHostOptions options,
        ILogger<ModelHost> logger,
        params ReadOnlySpan<IBackend> others)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        Node = node;
        _store = store;
        _backends = new(StringComparer.Ordinal) { [ModelKey.DefaultBackend] = backend };
        foreach (IBackend other in others)
        {
            _backends.Add(other.Name, other);
        }

        _account = account;
        _fetcher = fetcher;
        _options = options;
        _logger = logger;
    }

    /// <summary>The node whose models these are.</summary>
    public NodeId Node { get; }

    /// <summary>Where fetching and loading is seen; that of the backends, so that runs are seen there, too.</summary>
    public TaskBoard Tasks { get; init; } = new(TimeProvider.System);

    /// <summary>Raised by every change of a model's state here; raise it too when a peer's models change.</summary>
    public ReadinessSignal Changes { get; } = new();

    /// <summary>Calls of all models that run or wait here.</summary>
    public int InFlight
    {
        get
        {
            int sum = 0;
            lock (_gate)
            {
                foreach (HostedModel model in _models.Values)
                {
                    sum += model.Loaded?.InFlight ?? 0;
                }
            }

            return sum;
        }
    }

    /// <summary>True when models may ask for a backend of this name.</summary>
    public bool HasBackend(string name) => _backends.ContainsKey(name);

    /// <summary>Every model that is wanted here, in ordinal order of digests.</summary>
    public IReadOnlyList<ModelStatus> List()
    {
        lock (_gate)
        {
            return [.. _models.Values.OrderBy(model => model.Key.ToString(), StringComparer.Ordinal)
                .Select(model => model.ToStatus())];
        }
    }

    /// <summary>How far this node is with one model.</summary>
    public ModelStatus GetStatus(ModelKey key) => Find(key)?.ToStatus() ?? StatusOf(key, ModelState.Absent, "");

    /// <summary>The loaded form of a file for a caller that names no backend: the default one, else any.</summary>
    public ModelKey FindAny(string digest)
    {
        lock (_gate)
        {
            ModelKey common = new(digest, ModelKey.DefaultBackend);
            return _models.ContainsKey(common)
                ? common
                : _models.Values.FirstOrDefault(model => model.Digest == digest)?.Key ?? common;
        }
    }

    /// <summary>True when calls of the model are answered here.</summary>
    public bool IsReady(ModelKey key) => Find(key) is { State: ModelState.Ready, Unload: null };

    /// <summary>Fetches and loads a model unless that is done or under way, and waits for the end.</summary>
    /// <param name="cancellation">Ends the wait, not the load; <see cref="UnloadAsync"/> ends the load.</param>
    public async Task<ModelStatus> LoadAsync(ModelKey key, CancellationToken cancellation)
    {
        if (!ModelStore.IsDigest(key.Digest))
        {
            return StatusOf(key, ModelState.Failed, "a model digest is 64 lower-case hexadecimal digits");
        }

        while (true)
        {
            HostedModel? model;
            Task wait;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                if (_models.TryGetValue(key, out model) && model.State == ModelState.Failed && model.Unload is null)
                {
                    _models.Remove(key);
                    model.Dispose();
                    model = null;
                }

                if (model is null && !TryMakeRoom())
                {
                    string reason = $"this node holds {_options.MaxModels} models: remove one or raise MaxModels";
                    return StatusOf(key, ModelState.Failed, reason);
                }

                model ??= Begin(key);
                wait = model.Unload ?? model.Load;
            }

            await wait.WaitAsync(cancellation).ConfigureAwait(false);
            if (wait == model.Load)
            {
                return model.ToStatus();
            }
        }
    }

    /// <summary>Ends a load under way or lets running calls end, then gives the model's memory back.</summary>
    public Task UnloadAsync(ModelKey key)
    {
        lock (_gate)
        {
            return _models.TryGetValue(key, out HostedModel? model)
                ? model.Unload ??= Task.Run(() => EndAsync(model))
                : Task.CompletedTask;
        }
    }

    /// <summary>Runs a model once on nobody's behalf.</summary>
    /// <inheritdoc cref="RunAsync(ModelKey, TensorSet, IReadOnlyList{string}, NbcTask, CancellationToken)"/>
    public ValueTask<InferenceAnswer> RunAsync(
        ModelKey key, TensorSet inputs, IReadOnlyList<string>? outputs, CancellationToken cancellation) =>
        RunAsync(key, inputs, outputs, NbcTask.Default, cancellation);

    /// <summary>Runs a model once; every fault comes back in the answer.</summary>
    /// <param name="outputs">Wanted outputs in the wanted order; null for all.</param>
    /// <param name="task">On whose behalf; its deadline lies on the clock of <see cref="Tasks"/>.</param>
    /// <exception cref="OperationCanceledException">Cancelled while it waited or ran.</exception>
    public ValueTask<InferenceAnswer> RunAsync(
        ModelKey key, TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(task);
        if (Find(key) is { Unload: null, Loaded: { } loaded })
        {
            return loaded.RunAsync(inputs, outputs, task, cancellation);
        }

        ModelStatus status = GetStatus(key);
        string message = status.State == ModelState.Failed
            ? $"model {key} could not be loaded on this node: {status.Reason}"
            : $"model {key} is not loaded on this node";
        return new(new InferenceAnswer
        {
            Fault = InferenceFault.NotReady, Message = message, Node = Node, Attempts = 1,
        });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ModelKey[] keys;
        lock (_gate)
        {
            _disposed = true;
            keys = [.. _models.Keys];
        }

        await Task.WhenAll(keys.Select(UnloadAsync)).ConfigureAwait(false);
    }

    private static ModelStatus StatusOf(ModelKey key, ModelState state, string reason) =>
        new(key.Digest, state, reason, 0, 0, 0, 0, [], []) { Backend = key.Backend };

    private HostedModel? Find(ModelKey key)
    {
        lock (_gate)
        {
            return _models.GetValueOrDefault(key);
        }
    }

    private bool TryMakeRoom()
    {
        if (_models.Count < _options.MaxModels)
        {
            return true;
        }

        HostedModel? failed = _models.Values.FirstOrDefault(
            model => model.State == ModelState.Failed && model.Unload is null);
        failed?.Dispose();
        return failed is not null && _models.Remove(failed.Key);
    }

    private HostedModel Begin(ModelKey key)
    {
        HostedModel model = new(key)
        {
            State = _store.Contains(key.Digest) ? ModelState.Loading : ModelState.Fetching,
        };
        model.Load = Task.Run(() => LoadOnceAsync(model));
        _models.Add(key, model);
        return model;
    }

    private async Task LoadOnceAsync(HostedModel model)
    {
        long start = Stopwatch.GetTimestamp();
        string? fault;
        using TaskFrame frame = Tasks.Enter($"get model {model.Digest[..12]} ready", NbcTask.Default);
        try
        {
            Changes.Raise();
            fault = await TryLoadAsync(model).ConfigureAwait(false);
        }
        catch (BackendException reason)
        {
            fault = reason.Message;
        }
        catch (OperationCanceledException) when (model.Stopped.IsCancellationRequested)
        {
            fault = "it was unloaded before it was ready";
        }
        catch (Exception reason)
        {
            Log.LoadBroke(_logger, model.Digest, reason);
            fault = $"loading it failed with {reason.GetType().Name}: see the node's log";
        }

        if (fault is null)
        {
            Log.ModelReady(_logger, model.Digest, (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        else
        {
            model.Release(_account);
            model.SetFailed(fault);
            Log.ModelFailed(_logger, model.Digest, fault);
        }

        Changes.Raise();
    }

    private async Task<string?> TryLoadAsync(HostedModel model)
    {
        if (!_backends.TryGetValue(model.Key.Backend, out IBackend? backend))
        {
            return $"this node has no backend '{model.Key.Backend}'";
        }

        if (model.State == ModelState.Fetching)
        {
            if (_fetcher is null)
            {
                return $"model {model.Digest} is not in this node's store and there is no peer to fetch it from";
            }

            StoreResult fetched = await _fetcher.FetchAsync(model.Digest, _store, model, model.Stopped)
                .ConfigureAwait(false);
            if (fetched.Fault != StoreFault.None)
            {
                return fetched.Message;
            }

            model.State = ModelState.Loading;
            Changes.Raise();
        }

        StoreResult verified = await _store.VerifyAsync(model.Digest, model.Stopped).ConfigureAwait(false);
        if (verified.Fault != StoreFault.None)
        {
            return verified.Message;
        }

        long bytes = (2 * verified.SizeBytes) + _options.OverheadBytes;
        if (!_account.TryReserve(ResourceKind.Memory, bytes))
        {
            ResourceUse use = _account.GetUse(ResourceKind.Memory);
            return $"it needs about {bytes >> 20} MiB, and {use.InUse >> 20} of {use.Limit >> 20} MiB are in use: " +
                "unload a model or raise the memory limit";
        }

        Interlocked.Exchange(ref model.MemoryBytes, bytes);
        IBackendModel ready = await backend.LoadAsync(_store.PathOf(model.Digest), model.Stopped)
            .ConfigureAwait(false);
        model.SetReady(new LoadedModel(model.Digest, Node, ready, _options, _logger));
        return null;
    }

    private async Task EndAsync(HostedModel model)
    {
        model.Stop();
        await model.Load.ConfigureAwait(false);
        if (model.Loaded is { } loaded)
        {
            await loaded.CloseAsync().ConfigureAwait(false);
        }

        lock (_gate)
        {
            _models.Remove(model.Key);
        }

        model.Dispose();
        model.Release(_account);
        Log.ModelUnloaded(_logger, model.Digest);
        Changes.Raise();
    }
}
