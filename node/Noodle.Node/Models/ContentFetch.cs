using System.Buffers;
using System.Threading.Channels;
using Ahr.Runtime;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Content;

namespace Noodle.Node.Models;

/// <summary>Runs one <see cref="ChunkFetchMachine"/>: its asks go to peers, its chunks to the store.</summary>
/// <remarks>Bound: the machine's asks, each with a buffer of one chunk; one task owns all but the asks.</remarks>
internal sealed class ContentFetch(
    string digest, ModelStore store, IContentPeers peers, FetchOptions options, TimeProvider time, ILogger log)
    : IDisposable
{
    private const int WaitingInputs = 256; // more than asks can be open
    private static readonly TimeSpan s_lookAround = TimeSpan.FromSeconds(1);

    private readonly Channel<(FetchInput Input, byte[]? Buffer)> _inputs =
        Channel.CreateBounded<(FetchInput, byte[]?)>(WaitingInputs);

    private readonly Dictionary<(NodeId Node, int Index), CancellationTokenSource> _open = [];
    private readonly List<Task> _asks = [];
    private readonly HashSet<NodeId> _present = [];
    private readonly HashSet<NodeId> _served = [];
    private readonly long _origin = time.GetTimestamp();
    private readonly CancellationTokenSource _over = new();
    private PartialModel? _partial;
    private ChunkManifest? _manifest;
    private StoreResult? _result;

    private Instant Now => new(time.GetElapsedTime(_origin).Ticks * TimeSpan.NanosecondsPerTick);

    /// <summary>Fetches; what stands in the way comes back as a sentence.</summary>
    /// <remarks>What is here by then stays for the next time.</remarks>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<StoreResult> RunAsync(IProgress<FetchProgress> progress, CancellationToken cancellation)
    {
        using CancellationTokenRegistration stop = cancellation.Register(_over.Cancel);
        var machine = new ChunkFetchMachine(options, new Prng((ulong)time.GetTimestamp()), Now);
        try
        {
            long lookedAt = time.GetTimestamp();
            await LookAroundAsync(machine);
            while (_result is null)
            {
                await WaitAsync(machine, cancellation);
                while (_result is null && _inputs.Reader.TryRead(out (FetchInput Input, byte[]? Buffer) next))
                {
                    await TakeAsync(machine, next.Input);
                    Return(next.Buffer);
                }

                if (time.GetElapsedTime(lookedAt) >= s_lookAround)
                {
                    lookedAt = time.GetTimestamp();
                    await LookAroundAsync(machine);
                }

                machine.HandleDeadline(Now);
                await PerformAllAsync(machine);
                progress.Report(new FetchProgress(machine.DoneBytes, machine.TotalBytes));
            }

            return _result.Value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return store.Refuse("write a model (its disk may be full)", e);
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>Nodes that sent a chunk.</summary>
    public int Sources => _served.Count;

    private async Task TakeAsync(ChunkFetchMachine machine, FetchInput input)
    {
        if (input is FetchInput.ChunkCame came)
        {
            Close(came.Node, came.Index);
            if (came.Fault == AskFault.None)
            {
                _served.Add(came.Node);
            }
        }

        machine.Handle(input, Now);
        await PerformAllAsync(machine);
    }

    private async Task EndAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_asks).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (CancellationTokenSource ask in _open.Values)
        {
            ask.Dispose();
        }

        _partial?.Dispose();
    }

    public void Dispose() => _over.Dispose();

    private async Task LookAroundAsync(ChunkFetchMachine machine)
    {
        IReadOnlyList<ContentHolder> holders = peers.List(digest);
        foreach (NodeId gone in _present.Except(holders.Select(holder => holder.Node)).ToArray())
        {
            _present.Remove(gone);
            machine.Handle(new FetchInput.HolderLost(gone), Now);
            await PerformAllAsync(machine);
        }

        foreach (ContentHolder holder in holders)
        {
            _present.Add(holder.Node);
            machine.Handle(new FetchInput.HolderFound(holder.Node, holder.SaysItHas), Now);
        }

        await PerformAllAsync(machine);
    }

    private async Task WaitAsync(ChunkFetchMachine machine, CancellationToken cancellation)
    {
        TimeSpan wait = s_lookAround;
        if (machine.NextDeadline is { } due && due - Now < wait)
        {
            wait = due - Now;
        }

        using var woken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task input = _inputs.Reader.WaitToReadAsync(woken.Token).AsTask();
        // Timers count whole milliseconds: round up, or the last one would be spent turning in circles.
        Task timer = Task.Delay(
            wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, time, woken.Token);
        await Task.WhenAny(input, timer);
        await woken.CancelAsync();
        await Task.WhenAll(input, timer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    private async Task PerformAllAsync(ChunkFetchMachine machine)
    {
        while (_result is null && machine.TryTakeEffect(out FetchEffect? effect))
        {
            if (await PerformAsync(effect) is { } answer)
            {
                machine.Handle(answer, Now);
            }
        }
    }

    private async Task<FetchInput?> PerformAsync(FetchEffect effect)
    {
        switch (effect)
        {
            case FetchEffect.AskManifest ask:
                Start(AskManifestAsync(ask.Node));
                return null;
            case FetchEffect.AskChunk ask:
                var stop = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
                _open[(ask.Node, ask.Index)] = stop;
                Start(AskChunkAsync(ask, stop.Token));
                return null;
            case FetchEffect.GiveUpChunk given:
                Close(given.Node, given.Index);
                return null;
            case FetchEffect.StoreChunk store:
                await _partial!.WriteAsync(
                    store.Index, (long)store.Index * _manifest!.ChunkBytes, store.Content, _over.Token);
                return null;
            case FetchEffect.OpenPartial open:
                return await OpenAsync(open.Manifest);
            case FetchEffect.CheckWhole:
                return await CommitAsync();
            case FetchEffect.StartOver:
                _partial?.Discard();
                _partial = null;
                return null;
            case FetchEffect.HolderDropped dropped:
                Log.HolderDropped(log, dropped.Node.ShortName, digest, dropped.Fault);
                return null;
            default:
                _result ??= ResultOf(((FetchEffect.Ended)effect).Outcome);
                return null;
        }
    }

    private void Start(Task ask)
    {
        _asks.RemoveAll(one => one.IsCompleted);
        _asks.Add(ask);
    }

    private void Close(NodeId node, int index)
    {
        if (_open.Remove((node, index), out CancellationTokenSource? ask))
        {
            ask.Cancel();
            ask.Dispose();
        }
    }

    private async Task AskManifestAsync(NodeId node)
    {
        (AskFault fault, ChunkManifest? manifest) = await peers.AskManifestAsync(
            node, digest, options.AskLimit, _over.Token);
        await _inputs.Writer.WriteAsync((new FetchInput.ManifestCame(node, fault, manifest), null), _over.Token);
    }

    // A buffer whose ask was given up is left to the collector: its stream may still write to it.
    private async Task AskChunkAsync(FetchEffect.AskChunk ask, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ask.LengthBytes);
        Memory<byte> content = buffer.AsMemory(0, ask.LengthBytes);
        var address = new ChunkAddress(digest, _manifest!.ChunkBytes, ask.Index);
        AskFault fault = await peers.AskChunkAsync(
            ask.Node, address, content, options.AskLimit * 8, cancellation); // the machine gives up earlier
        await _inputs.Writer.WriteAsync(
            (new FetchInput.ChunkCame(ask.Node, ask.Index, fault, content), buffer), cancellation);
    }

    private static void Return(byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<FetchInput?> OpenAsync(ChunkManifest manifest)
    {
        StoreResult opened = store.OpenPartial(
            digest, manifest.SizeBytes, manifest.Count, manifest.Digest, out _partial);
        if (_partial is null)
        {
            _result = opened;
            return null;
        }

        _manifest = manifest;
        bool[] present = [.. _partial.Marked];
        byte[] chunk = ArrayPool<byte>.Shared.Rent(manifest.ChunkBytes);
        for (int i = 0; i < present.Length; i++)
        {
            if (present[i])
            {
                Memory<byte> content = chunk.AsMemory(0, manifest.LengthOf(i));
                present[i] = await _partial.TryReadAsync((long)i * manifest.ChunkBytes, content, _over.Token)
                    && manifest.Matches(i, content.Span);
            }
        }

        ArrayPool<byte>.Shared.Return(chunk);
        return new FetchInput.PartialOpened(present);
    }

    private async Task<FetchInput?> CommitAsync()
    {
        StoreResult committed = await _partial!.CommitAsync(_over.Token);
        if (committed.Fault == StoreFault.DigestMismatch)
        {
            return new FetchInput.WholeChecked(false);
        }

        if (committed.Fault == StoreFault.None)
        {
            store.KeepHashes(digest, _manifest!.SizeBytes, _manifest.ChunkBytes, _manifest.Hashes.Span);
        }

        _result = committed;
        return null;
    }

    private StoreResult ResultOf(FetchOutcome outcome) => outcome switch
    {
        FetchOutcome.TooLarge => StoreResult.Failed(StoreFault.TooLarge,
            $"model {digest} is larger than {options.MaxSizeBytes} bytes: raise MaxModelBytes"),
        FetchOutcome.WrongContent => StoreResult.Failed(StoreFault.DigestMismatch,
            $"the chunks of model {digest} are as deployed and the whole is not: deploy it again"),
        _ when _present.Count == 0 => StoreResult.Failed(StoreFault.Missing,
            $"no peer is connected that could send model {digest}"),
        _ => StoreResult.Failed(StoreFault.Missing,
            $"none of {_present.Count} connected nodes sends model {digest}; what is here of it is kept"),
    };
}
