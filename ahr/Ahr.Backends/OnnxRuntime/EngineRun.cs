using Microsoft.ML.OnnxRuntime;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>What ends a run of the engine at its deadline, or when it is cancelled; serves one run after another.
/// </summary>
/// <remarks>
/// <code>idle --Begin--> running --End--> idle; the deadline passes while running --> over, and of no more use</code>
/// Cost: a timer is made for the first run with a deadline, and only moved for those after it.
/// </remarks>
internal sealed class EngineRun(TimeProvider time) : IDisposable
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private Instant? _deadline;
    private CancellationTokenRegistration _stop;

    public RunOptions Options { get; } = new();

    /// <summary>True when the deadline passed during the run.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Begins a run, or says that it is too late for it.</summary>
    public bool TryBegin(Instant? deadline, CancellationToken cancellation)
    {
        if (deadline is { } due)
        {
            TimeSpan left = due - time.GetInstant();
            if (left <= TimeSpan.Zero)
            {
                IsOver = true;
                return false;
            }

            lock (_gate)
            {
                _deadline = due;
                _timer ??= time.CreateTimer(
                    static state => ((EngineRun)state!).OnTimer(), this, Timeout.InfiniteTimeSpan,
                    Timeout.InfiniteTimeSpan);
                Wait(left);
            }
        }

        _stop = cancellation.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, Options);
        return true;
    }

    /// <summary>Ends a run.</summary>
    /// <returns>True when this may serve another one.</returns>
    public bool End()
    {
        _stop.Dispose(); // waits for a callback under way
        lock (_gate)
        {
            if (_deadline is not null)
            {
                _deadline = null;
                _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        return !IsOver && !Options.Terminate;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_gate)
        {
            _deadline = null; // a callback that is still to come ends nothing
            Options.Dispose();
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (_deadline is not { } due)
            {
                return; // a callback that came too late for its run
            }

            TimeSpan left = due - time.GetInstant();
            if (left > TimeSpan.Zero)
            {
                Wait(left);
                return;
            }

            IsOver = true;
            Options.Terminate = true;
        }
    }

    // Timers count whole milliseconds, and a month at most.
    private void Wait(TimeSpan left) => _timer!.Change(
        TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue)),
        Timeout.InfiniteTimeSpan);
}
