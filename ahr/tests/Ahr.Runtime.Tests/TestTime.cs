namespace Ahr.Runtime.Tests;

/// <summary>A clock of odd frequency that moves only when told; timers fire inside <see cref="Advance"/>.</summary>
internal sealed class TestTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _now = TimeSpan.FromHours(1);
    private TaskCompletionSource _timerSet = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => 7 * TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => 7 * _now.Ticks;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes when a timer is set that is due within <paramref name="length"/>.</summary>
    public async Task TimerWithinAsync(TimeSpan length)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_timers.Any(timer => timer.Due <= _now + length))
                {
                    return;
                }

                next = _timerSet.Task;
            }

            await next.WaitAsync(Scene.Patience);
        }
    }

    public void Advance(TimeSpan length)
    {
        Timer[] due;
        lock (_gate)
        {
            _now += length;
            due = [.. _timers.Where(timer => timer.Due <= _now)];
            _timers.RemoveAll(timer => timer.Due <= _now);
        }

        foreach (Timer timer in due)
        {
            timer.Fire();
        }
    }

    private sealed class Timer(TestTime owner, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            TaskCompletionSource set;
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = owner._now + dueTime;
                    owner._timers.Add(this);
                }

                set = owner._timerSet;
                owner._timerSet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            set.SetResult();
            return true;
        }

        public void Dispose() => Change(TimeSpan.FromMilliseconds(-1), default);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
