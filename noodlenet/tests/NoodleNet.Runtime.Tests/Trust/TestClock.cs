namespace NoodleNet.Runtime.Tests.Trust;

/// <summary>A clock that stands until it is moved; its timers fire only when the test says so.</summary>
internal sealed class TestClock : TimeProvider
{
    private readonly List<HeldTimer> _timers = [];

    public DateTimeOffset Now { get; set; } = new(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>Ends every wait, whenever it begins.</summary>
    public bool FiresAtOnce { get; init; }

    public override DateTimeOffset GetUtcNow() => Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HeldTimer(() => callback(state));
        lock (_timers)
        {
            _timers.Add(timer);
        }

        if (FiresAtOnce)
        {
            timer.Fire();
        }

        return timer;
    }

    public void Fire()
    {
        HeldTimer[] due;
        lock (_timers)
        {
            due = [.. _timers];
        }

        Array.ForEach(due, timer => timer.Fire());
    }

    private sealed class HeldTimer(Action fire) : ITimer
    {
        private bool _disposed;

        public void Fire()
        {
            if (!_disposed)
            {
                fire();
            }
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
