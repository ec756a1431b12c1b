using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>Which of the addresses that were heard are tried now: a beacon may be forged or sent again by
/// anybody.</summary>
/// <remarks>
/// Meaning: an address is tried once, then again after the first pause, doubled with each failure up to the longest.
/// Bound: <paramref name="perSecond"/> attempts a second to all addresses together, <paramref name="burst"/> after a
/// silence; <see cref="MaxAddresses"/> addresses are remembered, and while all of them are within their pause no other
/// is tried.
/// </remarks>
/// <param name="firstPause">More than zero.</param>
public sealed class SeedAttempts(int burst, int perSecond, TimeSpan firstPause, TimeSpan longestPause)
{
    public const int MaxAddresses = 256;

    private readonly Dictionary<IPEndPoint, Attempt> _attempts = [];
    private readonly TokenBucket _bucket = new(burst, perSecond);

    /// <summary>How many addresses are remembered.</summary>
    public int Count => _attempts.Count;

    /// <summary>True when the address may be tried now, which then counts as an attempt.</summary>
    public bool TryBegin(IPEndPoint address, Instant now)
    {
        ArgumentNullException.ThrowIfNull(address);
        bool known = _attempts.TryGetValue(address, out Attempt last);
        if ((known && now < last.FreeAt) || (!known && !MakeRoom(now)) || !_bucket.TryTake(now))
        {
            return false;
        }

        TimeSpan doubled = last.Pause * 2;
        TimeSpan pause = !known ? firstPause : doubled < longestPause ? doubled : longestPause;
        _attempts[address] = new Attempt(now + pause, pause);
        return true;
    }

    /// <summary>The attempt led somewhere: the address starts anew.</summary>
    public void Succeeded(IPEndPoint address) => _attempts.Remove(address);

    private bool MakeRoom(Instant now)
    {
        if (_attempts.Count < MaxAddresses)
        {
            return true;
        }

        foreach ((IPEndPoint address, Attempt attempt) in _attempts)
        {
            if (attempt.FreeAt <= now)
            {
                _attempts.Remove(address);
            }
        }

        return _attempts.Count < MaxAddresses;
    }

    private readonly record struct Attempt(Instant FreeAt, TimeSpan Pause);
}
