using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>One model's place in the host, from the first wish to have it to its unloading.</summary>
internal sealed class HostedModel(ModelKey key) : IProgress<FetchProgress>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile LoadedModel? _loaded;
    private long _fetchedBytes;
    private long _totalBytes;

    public ModelKey Key { get; } = key;

    public string Digest => Key.Digest;

    public volatile ModelState State;

    public volatile string Reason = "";

    public long MemoryBytes;

    /// <summary>Ends, never with an exception, when the model is ready or failed.</summary>
    public Task Load = Task.CompletedTask;

    /// <summary>Set once when the model is no longer wanted; ends when all of it is gone.</summary>
    public Task? Unload;

    public LoadedModel? Loaded => _loaded;

    /// <summary>Cancelled when the model is no longer wanted.</summary>
    public CancellationToken Stopped => _stop.Token;

    public void Stop() => _stop.Cancel();

    /// <summary>Notes how much of the file is here.</summary>
    public void Report(FetchProgress value)
    {
        Interlocked.Exchange(ref _fetchedBytes, value.DoneBytes);
        Interlocked.Exchange(ref _totalBytes, value.TotalBytes);
    }

    public void SetReady(LoadedModel loaded)
    {
        _loaded = loaded;
        State = ModelState.Ready;
    }

    public void SetFailed(string reason)
    {
        Reason = reason;
        State = ModelState.Failed;
    }

    /// <summary>Gives back the memory; the engine's model is gone already.</summary>
    public void Release(IResourceAccount account)
    {
        long bytes = Interlocked.Exchange(ref MemoryBytes, 0);
        if (bytes > 0)
        {
            account.Release(ResourceKind.Memory, bytes);
        }
    }

    public ModelStatus ToStatus()
    {
        LoadedModel? loaded = _loaded;
        return new ModelStatus(
            Digest,
            State,
            Reason,
            loaded?.InFlight ?? 0,
            loaded?.Served ?? 0,
            (loaded?.Estimate ?? default).Microseconds,
            Interlocked.Read(ref MemoryBytes),
            loaded?.Inputs ?? [],
            loaded?.Outputs ?? [])
        {
            Backend = Key.Backend,
            Engines = loaded?.Engines ?? [],
            Fetched = State == ModelState.Fetching
                ? new FetchProgress(Interlocked.Read(ref _fetchedBytes), Interlocked.Read(ref _totalBytes)) : default,
        };
    }

    public void Dispose()
    {
        _loaded?.Dispose();
        _stop.Dispose();
    }
}
