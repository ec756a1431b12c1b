namespace Noodle.Serving;

/// <summary>Keeps callers from filling the log: lets ten lines a second through and counts the rest.</summary>
internal sealed class LogLimit(TimeProvider clock)
{
    /// <summary>Lines in one second.</summary>
    public const int LinesPerSecond = 10;

    private readonly Lock _gate = new();
    private long _windowStart = clock.GetTimestamp();
    private int _lines;
    private long _suppressed;

    /// <summary>True when a line may be written now.</summary>
    /// <param name="suppressed">Lines kept back since the last one that was let through.</param>
    public bool TryTake(out long suppressed)
    {
        lock (_gate)
        {
            long now = clock.GetTimestamp();
            if (clock.GetElapsedTime(_windowStart, now) >= TimeSpan.FromSeconds(1))
            {
                _windowStart = now;
                _lines = 0;
            }

            suppressed = _suppressed;
            if (_lines == LinesPerSecond)
            {
                _suppressed++;
                return false;
            }

            _lines++;
            _suppressed = 0;
            return true;
        }
    }
}
