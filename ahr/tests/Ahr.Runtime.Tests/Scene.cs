using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Ahr.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Nbc.Runtime.Frames;
using Nbc.Tensors;
using Noodle.Primitives;

namespace Ahr.Runtime.Tests;

/// <summary>A store in a folder of its own, a backend whose runs a test steers, and a host over both.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public Scene(
        ModelHostOptions? options = null, IModelFetcher? fetcher = null, long memory = 1L << 40,
        TimeProvider? time = null)
    {
        Account = new Account(memory);
        Store = new ModelStore(Folder, new ModelStoreOptions(), NullLogger<ModelStore>.Instance);
        Host = new ModelHost(
            Node(0),
            Store,
            Backend,
            Account,
            fetcher,
            options ?? new ModelHostOptions(),
            NullLogger<ModelHost>.Instance)
        {
            Tasks = new TaskBoard(time ?? TimeProvider.System),
        };
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"noodle-test-{Guid.NewGuid():N}");

    public ModelStore Store { get; }

    public SteeredBackend Backend { get; } = new();

    public Account Account { get; }

    public ModelHost Host { get; }

    public static NodeId Node(int i) => NodeId.Create($"n{i}", new Guid(i, 0, 0, new byte[8]));

    public static string DigestOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static TensorSet Number(long value, IDisposable? memory = null)
    {
        byte[] data = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(data, value);
        return new TensorSet([new Tensor("x", ElementType.Int64, [], data)], memory);
    }

    public static long ValueOf(InferenceAnswer answer)
    {
        Assert.True(answer.Fault == InferenceFault.None, answer.Message);
        return BinaryPrimitives.ReadInt64LittleEndian(answer.Outputs!.Tensors[0].Data.Span);
    }

    public async Task<string> ImportAsync(byte[] content)
    {
        StoreResult result = await Store.ImportAsync(new MemoryStream(content), null, default);
        Assert.Equal(StoreFault.None, result.Fault);
        return result.Digest;
    }

    public async Task<string> LoadAsync(byte[] content)
    {
        string digest = await ImportAsync(content);
        ModelStatus status = await Host.LoadAsync(digest, default).WaitAsync(Patience);
        Assert.True(status.State == ModelState.Ready, status.Reason);
        return digest;
    }

    public async ValueTask DisposeAsync()
    {
        Backend.LetAllEnd();
        await Host.DisposeAsync().AsTask().WaitAsync(Patience);
        Directory.Delete(Folder, recursive: true);
        Assert.Equal(0, Account.GetUse(ResourceKind.Memory).InUse);
    }
}

/// <summary>Counts what is reserved and refuses beyond a limit.</summary>
internal sealed class Account(long limit) : IResourceAccount
{
    private long _used;

    public string Owner => "test";

    public bool TryReserve(ResourceKind kind, long amount)
    {
        if (Interlocked.Add(ref _used, amount) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _used, -amount);
        return false;
    }

    public void Release(ResourceKind kind, long amount) => Interlocked.Add(ref _used, -amount);

    public ResourceUse GetUse(ResourceKind kind) => new(Interlocked.Read(ref _used), limit, 0);

    public IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits) => this;
}

/// <summary>Models that add one. Loads and runs pass, hold until told, or fail, as the test says.</summary>
internal sealed class SteeredBackend : IBackend
{
    private readonly ConcurrentQueue<TaskCompletionSource> _held = new();
    private volatile bool _hold;

    public string Name => "steered";

    public int Loads;
    public int Running;
    public int MostRunning;
    public int Disposed;
    public volatile NbcTask? LastTask;
    public Exception? LoadFault;
    public Exception? RunFault;
    public Task LoadGate = Task.CompletedTask;

    /// <summary>Every run that begins from now on waits.</summary>
    public void HoldRuns() => _hold = true;

    public SemaphoreSlim Began { get; } = new(0);

    public void LetAllEnd()
    {
        _hold = false;
        while (_held.TryDequeue(out TaskCompletionSource? one))
        {
            one.TrySetResult();
        }
    }

    public async ValueTask<IBackendModel> LoadAsync(string path, CancellationToken cancellation)
    {
        Interlocked.Increment(ref Loads);
        await LoadGate.WaitAsync(cancellation);
        return LoadFault is null ? new Model(this) : throw LoadFault;
    }

    private sealed class Model(SteeredBackend owner) : IBackendModel
    {
        public IReadOnlyList<TensorSpec> Inputs { get; } = [new("x", ElementType.Int64, [])];

        public IReadOnlyList<TensorSpec> Outputs { get; } = [new("y", ElementType.Int64, [])];

        public async ValueTask<TensorSet> RunAsync(
            TensorSet inputs, IReadOnlyList<string>? outputs, NbcTask task, CancellationToken cancellation)
        {
            int running = Interlocked.Increment(ref owner.Running);
            owner.LastTask = task;
            Assert.Equal(0, Volatile.Read(ref owner.Disposed));
            InterlockedMax(ref owner.MostRunning, running);
            try
            {
                if (owner._hold)
                {
                    TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    owner._held.Enqueue(held);
                    owner.Began.Release();
                    await held.Task.WaitAsync(cancellation);
                }

                return owner.RunFault is { } fault
                    ? throw fault
                    : Scene.Number(BinaryPrimitives.ReadInt64LittleEndian(inputs.Tensors[0].Data.Span) + 1);
            }
            finally
            {
                Interlocked.Decrement(ref owner.Running);
            }
        }

        public void Dispose() => Interlocked.Increment(ref owner.Disposed);

        private static void InterlockedMax(ref int target, int value)
        {
            int seen = target;
            while (seen < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
            {
                seen = target;
            }
        }
    }
}
