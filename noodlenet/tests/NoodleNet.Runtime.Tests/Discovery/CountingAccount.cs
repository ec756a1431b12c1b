using Noodle.Primitives;

namespace NoodleNet.Runtime.Tests.Discovery;

/// <summary>An account with one limit, which counts.</summary>
internal sealed class CountingAccount : IResourceAccount
{
    private long _inUse;

    public string Owner => "test";

    public long Limit { get; init; } = long.MaxValue;

    public long InUse => Interlocked.Read(ref _inUse);

    public bool TryReserve(ResourceKind kind, long amount)
    {
        if (Interlocked.Add(ref _inUse, amount) <= Limit)
        {
            return true;
        }

        Release(kind, amount);
        return false;
    }

    public void Release(ResourceKind kind, long amount) => Interlocked.Add(ref _inUse, -amount);

    public ResourceUse GetUse(ResourceKind kind) => new(InUse, Limit, InUse);

    public IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits) => this;
}
