using System.Numerics;
using Noodle.Primitives;

namespace NoodleNet.Link.Calls;

/// <summary>What a breaker lets through.</summary>
public enum BreakerState
{
    /// <summary>Every call.</summary>
    Closed,

    /// <summary>No call.</summary>
    Open,

    /// <summary>One trial at a time.</summary>
    HalfOpen,
}

/// <summary>Decides from the outcomes of calls alone whether one peer gets more of them.</summary>
/// <remarks>
/// <code>
/// closed --failures in a row, or too large a part of the last ones--> open --time--> half open
/// half open --enough trials succeed--> closed        half open --a trial fails--> open, twice as long
/// </code>
/// Bound: the last 64 outcomes as bits.
/// </remarks>
public sealed class PeerBreaker
{
    private readonly BreakerPolicy _policy;
    private ulong _failures; // the newest outcome is the lowest bit
    private int _count;
    private int _inARow;
    private int _trialsGood;
    private bool _isTrying;
    private TimeSpan _openFor;
    private Instant _openUntil;
    private bool _isTripped;

    public PeerBreaker(BreakerPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        (_policy, _openFor) = (policy, policy.OpenFirst);
    }

    public BreakerState GetState(Instant now) =>
        !_isTripped ? BreakerState.Closed : now < _openUntil ? BreakerState.Open : BreakerState.HalfOpen;

    /// <summary>When it lets a trial through; null when it lets calls through now.</summary>
    public Instant? OpenUntil(Instant now) => GetState(now) == BreakerState.Open ? _openUntil : null;

    /// <summary>True when a call may go to the peer now; changes nothing.</summary>
    public bool Allows(Instant now) => GetState(now) switch
    {
        BreakerState.Closed => true,
        BreakerState.HalfOpen => !_isTrying,
        _ => false,
    };

    /// <summary>A call goes to the peer; one of the three below follows.</summary>
    public void OnStart(Instant now) => _isTrying |= GetState(now) == BreakerState.HalfOpen;

    /// <summary>The call was given up by us: it says nothing about the peer.</summary>
    public void OnAbandon() => _isTrying = false;

    public void OnSuccess(Instant now)
    {
        _isTrying = false;
        _inARow = 0;
        Note(isFailure: false);
        // An answer to what was asked before it opened proves nothing new.
        if (GetState(now) == BreakerState.HalfOpen && ++_trialsGood >= _policy.TrialsToClose)
        {
            (_isTripped, _failures, _count, _openFor) = (false, 0, 0, _policy.OpenFirst);
        }
    }

    public void OnFailure(Instant now)
    {
        _isTrying = false;
        _inARow++;
        Note(isFailure: true);
        if (_isTripped)
        {
            if (GetState(now) == BreakerState.HalfOpen)
            {
                _openFor = _openFor * 2 < _policy.OpenMost ? _openFor * 2 : _policy.OpenMost;
                Trip(now);
            }
        }
        else if (_inARow >= _policy.FailuresInARow || IsMostlyFailing())
        {
            Trip(now);
        }
    }

    private bool IsMostlyFailing()
    {
        ulong mask = _policy.Window == 64 ? ulong.MaxValue : (1ul << _policy.Window) - 1;
        return _count >= _policy.Window
            && BitOperations.PopCount(_failures & mask) * 100 >= _policy.FailurePercent * _policy.Window;
    }

    private void Trip(Instant now)
    {
        (_isTripped, _trialsGood, _inARow) = (true, 0, 0);
        _openUntil = now + _openFor;
    }

    private void Note(bool isFailure)
    {
        _failures = (_failures << 1) | (isFailure ? 1ul : 0ul);
        _count = int.Min(_count + 1, 64);
    }
}
