using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace Ahr.Runtime;

/// <summary>Where calls of other nodes arrive: one that comes twice runs once, for both callers.</summary>
/// <remarks>
/// Meaning: a call is known by who sent it and its idempotency key. While it runs, another one joins it. When it has
/// ended well its result is kept for a while, for a caller whose connection broke before the answer; faults are not
/// kept, because trying again may help. The run is cancelled only when every caller that joined it has gone; it ends at
/// the deadline of the caller that began it, and one that joined and has more time then begins it anew.
/// Bound: keys, bytes kept and time, by <see cref="DuplicateCallsOptions"/>; the oldest kept results go first. When all
/// keys are running calls, a new call is refused as Overloaded.
/// Safe for several threads.
/// </remarks>
public sealed class DuplicateCalls : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(NodeId, Guid), Entry> _entries = [];
    private readonly Queue<Entry> _kept = new();
    private readonly DuplicateCallsOptions _options;
    private readonly TimeProvider _time;
    private long _keptBytes;
    private bool _disposed;

    public DuplicateCalls(DuplicateCallsOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options;
        _time = time;
    }

    /// <summary>Keys remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Bytes of results kept now.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_gate)
            {
                return _keptBytes;
            }
        }
    }

    /// <summary>Runs a call, or joins the same call that runs or has just ended.</summary>
    /// <param name="caller">The node that sent it, as its connection proves.</param>
    /// <param name="run">Runs it; called at most once, and ended when this returns or throws.</param>
    /// <param name="cancellation">Ends this caller's wait; the caller that runs it stays while others wait.</param>
    /// <exception cref="OperationCanceledException">This caller has gone, or the run was cancelled.</exception>
    public async ValueTask<InferenceAnswer> RunAsync(
        NodeId caller,
        Guid key,
        Func<CancellationToken, ValueTask<InferenceAnswer>> run,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(run);
        while (true)
        {
            (InferenceAnswer answer, bool isOwn) = await RunOrJoinAsync(caller, key, run, cancellation)
                .ConfigureAwait(false);
            if (isOwn || answer.Fault != InferenceFault.DeadlineExceeded)
            {
                return answer;
            }

            answer.Dispose(); // the time that was over is another caller's
        }
    }

    private async ValueTask<(InferenceAnswer Answer, bool IsOwn)> RunOrJoinAsync(
        NodeId caller,
        Guid key,
        Func<CancellationToken, ValueTask<InferenceAnswer>> run,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Entry entry;
        bool isFirst;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ForgetOld();
            isFirst = !TryJoin((caller, key), out Entry? known);
            if (isFirst && !TryMakeRoom())
            {
                return (new InferenceAnswer
                {
                    Fault = InferenceFault.Overloaded,
                    Message = $"{_options.MaxKeys} calls of other nodes run on this node: try another node",
                }, true);
            }

            entry = known ?? new Entry((caller, key));
            entry.Waiting++;
            if (isFirst)
            {
                _entries.Add(entry.Key, entry);
            }
        }

        if (isFirst)
        {
            entry.Start(RunOnceAsync(entry, run));
        }

        try
        {
            SharedAnswer shared = await entry.Result.WaitAsync(cancellation).ConfigureAwait(false);
            // This caller still counts as waiting, so the result cannot have been given back.
            return (shared.TryShare()!, isFirst);
        }
        finally
        {
            Leave(entry);
            if (isFirst)
            {
                // The run reads this caller's inputs, for others that joined too: they are its own until it ends.
                await ((Task)entry.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Gives back the results kept; calls that run end as they would.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            while (_kept.TryDequeue(out Entry? entry))
            {
                Forget(entry);
            }
        }
    }

    private async Task<SharedAnswer> RunOnceAsync(Entry entry, Func<CancellationToken, ValueTask<InferenceAnswer>> run)
    {
        try
        {
            SharedAnswer shared = new(await run(entry.Stopped).ConfigureAwait(false));
            SharedAnswer? release;
            lock (_gate)
            {
                entry.HasEnded = true;
                entry.Shared = shared;
                Keep(entry, shared);
                release = entry.TakeIfUnused();
            }

            release?.Release();
            return shared;
        }
        catch
        {
            lock (_gate)
            {
                entry.HasEnded = true;
                Detach(entry);
            }

            throw;
        }
    }

    private void Keep(Entry entry, SharedAnswer shared)
    {
        bool worth = shared.Fault == InferenceFault.None && shared.ByteCount <= _options.MaxKeptBytes
            && _options.KeepFor > TimeSpan.Zero && !_disposed && !entry.IsForgotten;
        if (!worth)
        {
            Detach(entry);
            return;
        }

        entry.EndedAt = _time.GetTimestamp();
        entry.KeptBytes = shared.ByteCount;
        _keptBytes += entry.KeptBytes;
        _kept.Enqueue(entry);
        while (_keptBytes > _options.MaxKeptBytes)
        {
            Forget(_kept.Dequeue());
        }
    }

    private void Leave(Entry entry)
    {
        bool isAbandoned;
        SharedAnswer? release;
        lock (_gate)
        {
            entry.Waiting--;
            isAbandoned = entry.Waiting == 0 && !entry.HasEnded;
            if (isAbandoned)
            {
                Detach(entry); // what comes after starts anew instead of joining a run that is being cancelled
            }

            release = entry.TakeIfUnused();
        }

        release?.Release();
        if (isAbandoned)
        {
            entry.Stop();
        }
    }

    private bool TryJoin((NodeId, Guid) key, [NotNullWhen(true)] out Entry? entry) =>
        _entries.TryGetValue(key, out entry);

    private bool TryMakeRoom()
    {
        if (_entries.Count >= _options.MaxKeys && _kept.TryDequeue(out Entry? oldest))
        {
            Forget(oldest);
        }

        return _entries.Count < _options.MaxKeys;
    }

    private void ForgetOld()
    {
        while (_kept.TryPeek(out Entry? oldest) && _time.GetElapsedTime(oldest.EndedAt) >= _options.KeepFor)
        {
            Forget(_kept.Dequeue());
        }
    }

    private void Forget(Entry entry)
    {
        _keptBytes -= entry.KeptBytes;
        Detach(entry);
        entry.TakeIfUnused()?.Release();
    }

    private void Detach(Entry entry)
    {
        if (!entry.IsForgotten)
        {
            entry.IsForgotten = true;
            _entries.Remove(entry.Key);
        }
    }

    [SuppressMessage("Design", "CA1001", Justification = "A source without timer and links holds nothing.")]
    private sealed class Entry((NodeId, Guid) key)
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly TaskCompletionSource<Task<SharedAnswer>> _started = new();

        public (NodeId, Guid) Key { get; } = key;

        public int Waiting { get; set; }

        public long EndedAt { get; set; }

        public long KeptBytes { get; set; }

        /// <summary>True when the run is over.</summary>
        public bool HasEnded { get; set; }

        /// <summary>True when the key no longer leads here.</summary>
        public bool IsForgotten { get; set; }

        public SharedAnswer? Shared { get; set; }

        public CancellationToken Stopped => _stop.Token;

        public Task<SharedAnswer> Result => _started.Task.Unwrap();

        public void Start(Task<SharedAnswer> run) => _started.SetResult(run);

        public void Stop() => _stop.Cancel();

        /// <summary>The result's first hold, once, when nobody waits for it and nobody can come to.</summary>
        public SharedAnswer? TakeIfUnused()
        {
            if (!IsForgotten || Waiting > 0)
            {
                return null;
            }

            SharedAnswer? shared = Shared;
            Shared = null;
            return shared;
        }
    }
}
