using System.Collections.Concurrent;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>Counts what is taken and given back, with a limit for each kind.</summary>
internal sealed class TestAccount(string owner = "test", TestAccount? parent = null) : IResourceAccount
{
    private readonly ConcurrentDictionary<ResourceKind, long> _inUse = new();

    public ConcurrentDictionary<ResourceKind, long> Limits { get; } = new();

    public string Owner => owner;

    public bool TryReserve(ResourceKind kind, long amount)
    {
        if (_inUse.AddOrUpdate(kind, amount, (_, old) => old + amount) <= Limits.GetValueOrDefault(kind, long.MaxValue)
            && parent?.TryReserve(kind, amount) != false)
        {
            return true;
        }

        _inUse.AddOrUpdate(kind, 0, (_, old) => old - amount);
        return false;
    }

    public void Release(ResourceKind kind, long amount)
    {
        _inUse.AddOrUpdate(kind, 0, (_, old) => old - amount);
        parent?.Release(kind, amount);
    }

    public ResourceUse GetUse(ResourceKind kind) => new(_inUse.GetValueOrDefault(kind), long.MaxValue, 0);

    public IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits) =>
        new TestAccount($"{owner}/{name}", this);
}
