using System.Numerics;
using Noodle.Primitives;

namespace NoodleNet.Runtime.Link;

/// <summary>Lets the reader of a connection run application code, and sets it free when that takes long.</summary>
/// <remarks>
/// <code>quick --8 of the last 32 runs took 200 us or more--> careful --fewer than 4--> quick</code>
/// Meaning: while quick, a call runs before the next read begins; while careful, after. Quick saves a read that finds
/// nothing: 128 bytes there and back on loopback took 35.2 us where careful took 36.3 and bare TLS 29.5 (tenth
/// percentile of four times 8,000, code fully optimised), and on a busy machine a change of thread besides. A quick run
/// that still goes on at the second tick is left behind: another thread reads on. Runs are counted and not averaged,
/// because on a busy machine some short ones wait long for their core.
/// Bound: so one call keeps the others of its connection waiting for two ticks at most, 8 ms.
/// Cost: the timer runs only while there are quick runs; nothing is allocated.
/// </remarks>
internal sealed class ReaderTurn : IDisposable
{
    private const int CarefulFrom = 8;
    private const int QuickBelow = 4;

    private static readonly TimeSpan s_long = TimeSpan.FromMicroseconds(200);
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(4);

    private readonly HostClock _clock;
    private readonly Action _readOn;
    private readonly ITimer _timer;
    private long _run; // odd while a quick run goes on, another number for each
    private long _seen;
    private int _isWatched;
    private uint _longRuns; // a bit for each of the last 32 runs
    private bool _isCareful;

    /// <param name="readOn">Begins to read in place of the thread that is busy; called on a thread of the pool.</param>
    public ReaderTurn(HostClock clock, Action readOn)
    {
        (_clock, _readOn) = (clock, readOn);
        _timer = clock.Provider.CreateTimer(
            static turn => ((ReaderTurn)turn!).OnTick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>True while runs may come before the next read.</summary>
    public bool IsQuick => !_isCareful;

    /// <summary>Runs a call before the next read; false when another thread reads meanwhile.</summary>
    public bool TryRun(LinkCall call)
    {
        long run = _run + 1;
        Interlocked.Exchange(ref _run, run);
        if (Volatile.Read(ref _isWatched) == 0 && Interlocked.Exchange(ref _isWatched, 1) == 0)
        {
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        }

        Instant start = _clock.Now;
        call.Execute();
        TimeSpan taken = _clock.Now - start;
        if (Interlocked.CompareExchange(ref _run, run + 1, run) != run)
        {
            return false; // it took so long that nothing here is this thread's any more
        }

        Judge(taken);
        return true;
    }

    /// <summary>Runs a call while the next read is under way, on the thread that began the read.</summary>
    public void RunBeside(LinkCall call)
    {
        Instant start = _clock.Now;
        call.Execute();
        Judge(_clock.Now - start);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Runs beside a read may overlap and miscount: it is a hint, and no promise hangs on it.</summary>
    private void Judge(TimeSpan taken)
    {
        _longRuns = (_longRuns << 1) | (taken >= s_long ? 1u : 0u);
        _isCareful = BitOperations.PopCount(_longRuns) >= (_isCareful ? QuickBelow : CarefulFrom);
    }

    private void OnTick()
    {
        long run = Volatile.Read(ref _run);
        bool isSame = run == _seen;
        _seen = run;
        if (!isSame)
        {
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
            return;
        }

        Interlocked.Exchange(ref _isWatched, 0); // then look again: a run that began just now may not have seen it
        if (IsGoingOn(run) && Interlocked.CompareExchange(ref _run, run + 1, run) == run)
        {
            _readOn();
        }
        else if (Volatile.Read(ref _run) != run && Interlocked.Exchange(ref _isWatched, 1) == 0)
        {
            _timer.Change(s_tick, Timeout.InfiniteTimeSpan);
        }
    }

    private static bool IsGoingOn(long run) => (run & 1) != 0;
}
