using System.Diagnostics;
using Noodle.Primitives;

namespace Nbc.Runtime.Resources;

/// <summary>Keeps account of what all parts of a process take, and holds them to their limits.</summary>
/// <remarks>
/// Bound: <see cref="MaxAccounts"/> open accounts; <c>maxWaiters</c> waiting reservations of each kind;
/// <see cref="MaxLeaks"/> remembered leaks. Safe to call from every thread.
/// </remarks>
public sealed class ResourceManager : IDisposable
{
    /// <summary>Most accounts that are open at once.</summary>
    public const int MaxAccounts = 65_536;

    /// <summary>Leaks that are remembered; older ones are only counted.</summary>
    public const int MaxLeaks = 128;

    internal const int KindCount = (int)ResourceKind.Files + 1;

    private readonly Lock _leakGate = new();
    private readonly Queue<ResourceLeak> _leaks = new();
    private readonly WaiterQueue[] _waiters = new WaiterQueue[KindCount];
    private long _leakCount;
    private long _excessReleases;
    private int _accounts = 1;

    /// <param name="owner">Name of the root account.</param>
    /// <param name="maxWaiters">Waiting reservations of each kind, 1 or more.</param>
    /// <param name="limits">Limits of the whole process; a kind that is not named has none.</param>
    public ResourceManager(string owner, int maxWaiters, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxWaiters);
        for (int kind = 0; kind < KindCount; kind++)
        {
            _waiters[kind] = new WaiterQueue((ResourceKind)kind, maxWaiters);
        }

        Root = new ResourceAccount(this, null, owner, limits);
    }

    /// <summary>The account above all others.</summary>
    public ResourceAccount Root { get; }

    /// <summary>Called for each leak when an account is closed; must not throw.</summary>
    public Action<ResourceLeak>? Leaked { get; init; }

    /// <summary>How often more was given back than was held: each one is a bug.</summary>
    public long ExcessReleases => Interlocked.Read(ref _excessReleases);

    /// <summary>How many leaks there were in all.</summary>
    public long LeakCount => Interlocked.Read(ref _leakCount);

    /// <summary>Accounts that are open now.</summary>
    public int AccountCount => Volatile.Read(ref _accounts);

    /// <summary>The last leaks, oldest first.</summary>
    public IReadOnlyList<ResourceLeak> GetLeaks()
    {
        lock (_leakGate)
        {
            return [.. _leaks];
        }
    }

    /// <summary>What every account holds now; taken without stopping anybody, so sums may be a moment apart.</summary>
    public ResourceReport GetReport() => Root.GetReport();

    /// <summary>Closes every account.</summary>
    public void Dispose() => Root.Dispose();

    internal WaiterQueue WaitersOf(ResourceKind kind) => _waiters[(int)kind];

    internal bool TryCountAccount()
    {
        if (Interlocked.Increment(ref _accounts) <= MaxAccounts)
        {
            return true;
        }

        Interlocked.Decrement(ref _accounts);
        return false;
    }

    internal void AccountClosed()
    {
        Interlocked.Decrement(ref _accounts);
        foreach (WaiterQueue waiters in _waiters)
        {
            waiters.Serve(); // also ends those that waited in the closed account
        }
    }

    internal void ReportLeak(ResourceLeak leak)
    {
        Interlocked.Increment(ref _leakCount);
        lock (_leakGate)
        {
            if (_leaks.Count == MaxLeaks)
            {
                _leaks.Dequeue();
            }

            _leaks.Enqueue(leak);
        }

        Leaked?.Invoke(leak);
    }

    internal void ReportExcess(string owner, ResourceKind kind, long amount)
    {
        Interlocked.Increment(ref _excessReleases);
        Debug.Fail($"{owner} gave back {amount} of {kind} more than it held");
    }
}
