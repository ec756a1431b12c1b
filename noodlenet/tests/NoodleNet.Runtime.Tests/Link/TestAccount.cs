using System.Collections.Concurrent;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>Counts what is taken and given back, with a limit for each kind; allocates nothing.</summary>
internal sealed class TestAccount(string owner = "test", TestAccount? parent = null) : IResourceAccount
{
    private readonly long[] _inUse = new long[Enum.GetValues<ResourceKind>().Length];

    public ConcurrentDictionary<ResourceKind, long> Limits { get; } = new();

    public string Owner => owner;

    public bool TryReserve(ResourceKind kind, long amount)
    {
        if (Interlocked.Add(ref _inUse[(int)kind], amount) <= Limits.GetValueOrDefault(kind, long.MaxValue)
            && parent?.TryReserve(kind, amount) != false)
        {
            return true;
        }

        Interlocked.Add(ref _inUse[(int)kind], -amount);
        return false;
    }

    public void Release(ResourceKind kind, long amount)
    {
        Interlocked.Add(ref _inUse[(int)kind], -amount);
        parent?.Release(kind, amount);
    }

    public ResourceUse GetUse(ResourceKind kind) => new(Interlocked.Read(ref _inUse[(int)kind]), long.MaxValue, 0);

    /// <summary>Returns when all sockets and memory are given back: the thread that delivered the last reply may still
    /// hold it when its reader is done.</summary>
    public async Task WhenFreeAsync()
    {
        long start = Environment.TickCount64;
        while (_inUse[(int)ResourceKind.Sockets] != 0 || _inUse[(int)ResourceKind.Memory] != 0)
        {
            Assert.True(Environment.TickCount64 - start < LinkPair.Bound.TotalMilliseconds,
                $"{_inUse[(int)ResourceKind.Sockets]} sockets, {_inUse[(int)ResourceKind.Memory]} bytes are kept.");
            await Task.Yield();
        }
    }

    public IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits) =>
        new TestAccount($"{owner}/{name}", this);
}
