using System.Threading.Tasks.Sources;

namespace NoodleNet.Runtime.Link;

/// <summary>One wait at a time for a result, used again and again without allocating.</summary>
/// <remarks>
/// <code>idle --Begin--> waiting --Resolve or Fail--> resolved --Deliver--> idle</code>
/// All but <see cref="Deliver"/> run under the lock of the connection; Deliver runs the continuation, so it never does.
/// </remarks>
internal sealed class Waiter<T>(LinkCall owner) : IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _core;
    private CancellationTokenRegistration _registration;
    private T _result = default!;
    private Exception? _error;
    private int _isResolved;

    public bool IsWaiting { get; private set; }

    public ValueTask<T> Begin()
    {
        Reset();
        return new ValueTask<T>(this, _core.Version);
    }

    /// <summary>Begins a wait of somebody who only wants to know when it is over.</summary>
    public ValueTask BeginWithoutResult()
    {
        Reset();
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Lets a token end the wait; runs under the lock, which the callback may enter again.</summary>
    public void GiveUpWith(CancellationToken cancellation)
    {
        if (cancellation.CanBeCanceled)
        {
            _registration =
                cancellation.UnsafeRegister(static (waiter, token) => ((Waiter<T>)waiter!).GiveUp(token), this);
        }
    }

    public bool Resolve(T result)
    {
        if (!IsWaiting)
        {
            return false;
        }

        IsWaiting = false;
        _result = result;
        Volatile.Write(ref _isResolved, 1);
        return true;
    }

    public bool Fail(Exception error)
    {
        _error = IsWaiting ? error : _error;
        return Resolve(default!);
    }

    public void Deliver()
    {
        if (Interlocked.Exchange(ref _isResolved, 0) == 0)
        {
            return;
        }

        CancellationTokenRegistration registration = _registration;
        _registration = default;
        registration.Dispose();
        T result = _result;
        _result = default!;
        if (_error is { } error)
        {
            _core.SetException(error);
        }
        else
        {
            _core.SetResult(result);
        }
    }

    private void GiveUp(CancellationToken cancellation)
    {
        lock (owner.Connection.Gate)
        {
            if (IsWaiting)
            {
                owner.GiveUp(this, cancellation);
            }
        }

        owner.Connection.PumpOrLeave();
    }

    private void Reset()
    {
        _core.Reset();
        _error = null;
        IsWaiting = true;
    }

    public T GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        catch (OperationCanceledException)
        {
            owner.OnGiveUpSeen(this);
            throw;
        }
    }

    void IValueTaskSource.GetResult(short token) => GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
