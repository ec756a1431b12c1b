using Noodle.Primitives;

namespace Nbc.Runtime.Resources;

/// <summary>Reservations of one kind that wait for room, over all accounts of a manager.</summary>
/// <remarks>
/// Meaning: first come, first served at each account that has no room. One that waits at account A does not hold up
/// one that only needs account B.
/// Bound: <paramref name="capacity"/> waiters; serving looks at each of them once.
/// </remarks>
internal sealed class WaiterQueue(ResourceKind kind, int capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly Dictionary<ResourceAccount, int> _blocked = [];
    private int _count;

    /// <summary>Waits in the queue.</summary>
    public async ValueTask<ReserveOutcome> WaitAsync(
        ResourceAccount account, long amount, CancellationToken cancellation)
    {
        var waiter = new Waiter(account, amount);
        LinkedListNode<Waiter> place;
        lock (_gate)
        {
            if (_waiters.Count == capacity)
            {
                return ReserveOutcome.QueueFull;
            }

            place = _waiters.AddLast(waiter);
            Volatile.Write(ref _count, _waiters.Count);
        }

        Interlocked.MemoryBarrier(); // a release either sees the waiter, or what it released is seen here
        Serve();
        await using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static (state, token) =>
            {
                var (queue, node) = ((WaiterQueue, LinkedListNode<Waiter>))state!;
                queue.Cancel(node, token);
            },
            (this, place));
        return await waiter.Done.Task;
    }

    /// <summary>Serves waiters, when there are any: the cheap call after each release.</summary>
    public void ServeIfAny()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _count) > 0)
        {
            Serve();
        }
    }

    /// <summary>Gives every waiter its room that now can have it.</summary>
    public void Serve()
    {
        lock (_gate)
        {
            ResourceAccount[] before = [.. _blocked.Keys];
            _blocked.Clear();
            for (LinkedListNode<Waiter>? node = _waiters.First; node is not null;)
            {
                LinkedListNode<Waiter>? next = node.Next;
                if (TryFinish(node.Value))
                {
                    _waiters.Remove(node);
                }

                node = next;
            }

            foreach (ResourceAccount account in before)
            {
                account.SetWaiting(kind, _blocked.GetValueOrDefault(account));
            }

            foreach ((ResourceAccount account, int count) in _blocked)
            {
                account.SetWaiting(kind, count);
            }

            Volatile.Write(ref _count, _waiters.Count);
        }
    }

    private bool TryFinish(Waiter waiter)
    {
        for (ResourceAccount? account = waiter.Account; account is not null; account = account.Parent)
        {
            if (_blocked.TryGetValue(account, out int count) && !waiter.Account.IsClosed)
            {
                _blocked[account] = count + 1; // somebody before it waits for the same room
                return false;
            }
        }

        if (waiter.Account.TryReserve(kind, waiter.Amount, waited: true, out ResourceAccount? refusedBy))
        {
            waiter.Done.TrySetResult(ReserveOutcome.Granted);
            return true;
        }

        if (refusedBy is null)
        {
            waiter.Done.TrySetResult(ReserveOutcome.Closed);
            return true;
        }

        _blocked[refusedBy] = 1;
        return false;
    }

    private void Cancel(LinkedListNode<Waiter> node, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (node.List is null)
            {
                return; // served in the meantime
            }

            _waiters.Remove(node);
            node.Value.Done.TrySetCanceled(cancellation);
        }

        Serve(); // those behind it may fit
    }

    private sealed record Waiter(ResourceAccount Account, long Amount)
    {
        public TaskCompletionSource<ReserveOutcome> Done { get; } = new(
            TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
