using Noodle.Primitives;

namespace Nbc.Runtime.Resources;

/// <summary>One owner's account; it counts what itself and all accounts below it hold.</summary>
/// <remarks>
/// Meaning: a reservation is made here and in every account above, or nowhere. While somebody waits at an account
/// (<see cref="ReserveAsync"/>), later reservations through it are refused, so that a large one is not starved.
/// A reservation that is refused above may, for an instant, make another one fail that would just have fitted.
/// Bound: see <see cref="ResourceManager"/>. Cost: one or two atomic operations for each account above.
/// </remarks>
public sealed class ResourceAccount : IResourceAccount, IDisposable
{
    /// <summary>Longest name of an account, in characters.</summary>
    public const int MaxNameLength = 128;

    private readonly ResourceManager _manager;
    private readonly ResourceAccount? _parent;
    private readonly long[] _limits = new long[ResourceManager.KindCount];
    private readonly long[] _inUse = new long[ResourceManager.KindCount];
    private readonly long[] _own = new long[ResourceManager.KindCount];
    private readonly long[] _peaks = new long[ResourceManager.KindCount];
    private readonly int[] _waiting = new int[ResourceManager.KindCount];
    private readonly Lock _childGate = new();
    private readonly List<ResourceAccount> _children = [];
    private volatile bool _closed;

    internal ResourceAccount(
        ResourceManager manager, ResourceAccount? parent, string name,
        ReadOnlySpan<(ResourceKind Kind, long Limit)> limits)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxNameLength || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"An account's name is one path segment of at most {MaxNameLength} characters.", nameof(name));
        }

        _manager = manager;
        _parent = parent;
        Owner = parent is null ? name : $"{parent.Owner}/{name}";
        Array.Fill(_limits, long.MaxValue);
        foreach ((ResourceKind kind, long limit) in limits)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(limit);
            _limits[(int)kind] = limit;
        }
    }

    /// <inheritdoc/>
    public string Owner { get; }

    /// <summary>True once it was closed: it takes nothing any more.</summary>
    public bool IsClosed => _closed;

    internal ResourceAccount? Parent => _parent;

    /// <inheritdoc/>
    public bool TryReserve(ResourceKind kind, long amount) => TryReserve(kind, amount, waited: false, out _);

    /// <summary>Reserves as soon as there is room, in the order of asking.</summary>
    /// <remarks>Bound: the manager's <c>maxWaiters</c>; the time is the caller's (cancellation).</remarks>
    /// <exception cref="OperationCanceledException">Cancelled while waiting; nothing is reserved.</exception>
    public ValueTask<ReserveOutcome> ReserveAsync(ResourceKind kind, long amount, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReserveOutcome>(cancellation);
        }

        if (TryReserve(kind, amount))
        {
            return ValueTask.FromResult(ReserveOutcome.Granted);
        }

        return _closed ? ValueTask.FromResult(ReserveOutcome.Closed)
            : !CanEverHold(kind, amount) ? ValueTask.FromResult(ReserveOutcome.NeverFits)
            : _manager.WaitersOf(kind).WaitAsync(this, amount, cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>What is more than was reserved at this very account is ignored, counted, and a failed assertion.
    /// After closing it does nothing: closing gave everything back.</remarks>
    public void Release(ResourceKind kind, long amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ref long own = ref _own[(int)kind];
        long held, given;
        do
        {
            held = Volatile.Read(ref own);
            given = Math.Min(held, amount);
        }
        while (Interlocked.CompareExchange(ref own, held - given, held) != held);
        Subtract(kind, given);
        _manager.WaitersOf(kind).ServeIfAny();
        if (given < amount && !_closed)
        {
            _manager.ReportExcess(Owner, kind, amount - given);
        }
    }

    /// <inheritdoc/>
    public ResourceUse GetUse(ResourceKind kind) => new(
        Volatile.Read(ref _inUse[(int)kind]), _limits[(int)kind], Volatile.Read(ref _peaks[(int)kind]));

    /// <inheritdoc cref="IResourceAccount.OpenChild"/>
    /// <remarks>The owner disposes the child. Two children may have one name.</remarks>
    /// <exception cref="ArgumentException">The name is empty, too long, or not one path segment.</exception>
    /// <exception cref="ObjectDisposedException">This account is closed.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="ResourceManager.MaxAccounts"/>
    /// accounts.</exception>
    public ResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits)
    {
        var child = new ResourceAccount(_manager, this, name, limits);
        lock (_childGate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (!_manager.TryCountAccount())
            {
                throw new InvalidOperationException(
                    $"{ResourceManager.MaxAccounts} resource accounts are open; close some before {child.Owner}.");
            }

            _children.Add(child);
        }

        return child;
    }

    IResourceAccount IResourceAccount.OpenChild(
        string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits) => OpenChild(name, limits);

    /// <summary>Closes the account and those below it; what they still hold is given back and reported.</summary>
    public void Dispose()
    {
        ResourceAccount[] children;
        lock (_childGate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            children = [.. _children];
        }

        foreach (ResourceAccount child in children)
        {
            child.Dispose();
        }

        for (int kind = 0; kind < ResourceManager.KindCount; kind++)
        {
            if (GiveBackAll((ResourceKind)kind) is > 0 and long amount)
            {
                _manager.ReportLeak(new ResourceLeak(Owner, (ResourceKind)kind, amount));
            }
        }

        _parent?.Forget(this);
        _manager.AccountClosed();
    }

    internal ResourceReport GetReport()
    {
        ResourceAccount[] children;
        lock (_childGate)
        {
            children = [.. _children];
        }

        var uses = new ResourceUse[ResourceManager.KindCount];
        for (int kind = 0; kind < uses.Length; kind++)
        {
            uses[kind] = GetUse((ResourceKind)kind);
        }

        return new ResourceReport(Owner, uses, Array.ConvertAll(children, child => child.GetReport()));
    }

    /// <param name="waited">The reservation stood in the queue: it passes those who wait.</param>
    /// <param name="refusedBy">The account that had no room; null when the account is closed, or on success.</param>
    internal bool TryReserve(ResourceKind kind, long amount, bool waited, out ResourceAccount? refusedBy)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        refusedBy = null;
        if (_closed)
        {
            return false;
        }

        for (ResourceAccount? account = this; account is not null; account = account._parent)
        {
            if (!account.TryAdd(kind, amount, waited))
            {
                refusedBy = account;
                for (ResourceAccount below = this; below != account; below = below._parent!)
                {
                    Interlocked.Add(ref below._inUse[(int)kind], -amount);
                }

                if (!waited && account != this)
                {
                    _manager.WaitersOf(kind).ServeIfAny(); // one may have been refused for what was just rolled back
                }

                return false;
            }
        }

        Interlocked.Add(ref _own[(int)kind], amount);
        for (ResourceAccount? account = this; account is not null; account = account._parent)
        {
            account.RaisePeak(kind); // only now: a reservation that is refused above was never held
        }

        if (_closed)
        {
            GiveBackAll(kind); // closed meanwhile: whoever comes last sweeps
            return false;
        }

        return true;
    }

    /// <summary>Counts reservations that wait because this account has no room.</summary>
    internal void SetWaiting(ResourceKind kind, int count) => Volatile.Write(ref _waiting[(int)kind], count);

    internal bool CanEverHold(ResourceKind kind, long amount) =>
        amount <= _limits[(int)kind] && (_parent is null || _parent.CanEverHold(kind, amount));

    private bool TryAdd(ResourceKind kind, long amount, bool waited)
    {
        if (!waited && amount > 0 && Volatile.Read(ref _waiting[(int)kind]) > 0)
        {
            return false;
        }

        ref long inUse = ref _inUse[(int)kind];
        long limit = _limits[(int)kind];
        long before;
        do
        {
            before = Volatile.Read(ref inUse);
            if (amount > limit - before)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref inUse, before + amount, before) != before);
        return true;
    }

    private void RaisePeak(ResourceKind kind)
    {
        long value = Volatile.Read(ref _inUse[(int)kind]);
        ref long peak = ref _peaks[(int)kind];
        long before = Volatile.Read(ref peak);
        while (value > before)
        {
            long found = Interlocked.CompareExchange(ref peak, value, before);
            if (found == before)
            {
                return;
            }

            before = found;
        }
    }

    private long GiveBackAll(ResourceKind kind)
    {
        long amount = Interlocked.Exchange(ref _own[(int)kind], 0);
        Subtract(kind, amount);
        return amount;
    }

    private void Subtract(ResourceKind kind, long amount)
    {
        for (ResourceAccount? account = this; account is not null && amount > 0; account = account._parent)
        {
            Interlocked.Add(ref account._inUse[(int)kind], -amount);
        }
    }

    private void Forget(ResourceAccount child)
    {
        lock (_childGate)
        {
            _children.Remove(child);
        }
    }
}
