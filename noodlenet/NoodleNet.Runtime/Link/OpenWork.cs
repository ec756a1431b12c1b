namespace NoodleNet.Runtime.Link;

/// <summary>Counts what still runs for a connection, so that its end can wait for it. Under the lock.</summary>
internal sealed class OpenWork
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _isClosed;

    /// <summary>Calls of the peer, from their OPEN until their memory is given back.</summary>
    public int Incoming { get; private set; }

    /// <summary>What has not ended: at least so many calls or runs.</summary>
    public int Count => int.Max(Incoming, _running);

    /// <summary>Completes when the connection is closed and nothing runs.</summary>
    public Task Idle => _idle.Task;

    public void CountIncoming(int change)
    {
        Incoming += change;
        Check();
    }

    /// <summary>Counts runs of application code, from when they are due until they have returned.</summary>
    public void CountRunning(int change)
    {
        _running += change;
        Check();
    }

    public void Close()
    {
        _isClosed = true;
        Check();
    }

    private void Check()
    {
        if (_isClosed && Incoming == 0 && _running == 0)
        {
            _idle.TrySetResult();
        }
    }
}
