using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;

namespace Nbc.Runtime.Machine;

/// <summary>When a run is to end: by its time limit, its deadline, or because the caller says so.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private const long Longest = long.MaxValue / 2;
    private CancellationToken _cancellation;
    private long _start;
    private long _end;
    private bool _hasEnd;

    public void Start(NbcTask task, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        TimeSpan? left = task.Limits.Time;
        if (task.Deadline is { } deadline && deadline - time.GetUtcNow() is { } until && (left is null || until < left))
        {
            left = until;
        }

        _hasEnd = left is not null;
        _start = _hasEnd ? time.GetTimestamp() : 0;
        _end = _hasEnd ? _start + (long)Math.Min(left!.Value.TotalSeconds * time.TimestampFrequency, Longest) : 0;
    }

    /// <summary>Null: as long as it takes.</summary>
    public TimeSpan? Left => _hasEnd ? time.GetElapsedTime(time.GetTimestamp(), _end) : null;

    public CancellationToken Cancellation => _cancellation;

    /// <summary>Unit: ticks of the clock.</summary>
    public long Now() => time.GetTimestamp();

    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="NbcException">The time is over (1007).</exception>
    public void Check()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_hasEnd && time.GetTimestamp() >= _end)
        {
            double ms = time.GetElapsedTime(_start, _end).TotalMilliseconds;
            throw new NbcException(NbcErrorCode.OutOfTime, $"the run's {ms:0} ms are over");
        }
    }
}
