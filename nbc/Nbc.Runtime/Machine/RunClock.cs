using Nbc.Runtime.Errors;
using Nbc.Runtime.Frames;
using Noodle.Primitives;

namespace Nbc.Runtime.Machine;

/// <summary>When a run is to end: by its time limit, its deadline, or because the caller says so.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private const long Longest = long.MaxValue / 2;
    private static readonly TimeSpan s_aLittle = TimeSpan.FromMilliseconds(20);
    private CancellationToken _cancellation;
    private long _start;
    private long _end;
    private bool _hasEnd;
    private bool _endsByDeadline;

    /// <summary>Begins to watch a run.</summary>
    /// <param name="limit">How long it may take; null: any.</param>
    /// <param name="deadline">When the caller stops waiting; null: never.</param>
    public void Start(TimeSpan? limit, Instant? deadline, CancellationToken cancellation)
    {
        _cancellation = cancellation;
        TimeSpan? left = limit;
        _endsByDeadline = false;
        if (deadline is { } end && end - time.GetInstant() is var until && (left is null || until < left))
        {
            (left, _endsByDeadline) = (until, true);
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
    /// <exception cref="NbcException">The time is over (1007), or the deadline has passed (1009).</exception>
    public void Check()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (_hasEnd && time.GetTimestamp() >= _end)
        {
            throw Over();
        }
    }

    /// <summary>After something that was to end by <see cref="Left"/> failed: whether the time is what ended it.
    /// </summary>
    /// <remarks>Whoever waits rounds, so that it may end a little before.</remarks>
    /// <exception cref="NbcException">It is: the run's own (1007), or the deadline (1009).</exception>
    public void CheckEnd()
    {
        if (_hasEnd && Left <= s_aLittle)
        {
            throw Over();
        }
    }

    private NbcException Over()
    {
        double ms = time.GetElapsedTime(_start, _end).TotalMilliseconds;
        return _endsByDeadline
            ? new NbcException(NbcErrorCode.DeadlineExceeded, ms > 0
                ? $"the deadline, {ms:0} ms after the start, has passed"
                : "the deadline had passed before the start")
            : new NbcException(NbcErrorCode.OutOfTime, $"the run's {ms:0} ms are over");
    }
}
