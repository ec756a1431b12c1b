using System.Net;
using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>Drops beacons that come faster than any real mesh sends them, before they cost more than their
/// arrival.</summary>
/// <remarks>
/// Bound: <see cref="PerAddress"/> a second from one address with twice that in a burst, <see cref="Total"/> from all;
/// <see cref="Signatures"/> signature checks a second, each some 100 µs. <see cref="MaxAddresses"/> addresses are
/// told apart, the rest share what is left of the total.
/// </remarks>
public sealed class BeaconGate
{
    public const int PerAddress = 256;
    public const int Total = 1024;
    public const int Signatures = 64;
    public const int MaxAddresses = 256;

    private readonly Dictionary<IPAddress, TokenBucket> _sources = [];
    private readonly TokenBucket _total = new(2 * Total, Total);
    private readonly TokenBucket _signatures = new(2 * Signatures, Signatures);

    /// <summary>Beacons refused since the start.</summary>
    public long Refused { get; private set; }

    /// <summary>True when a beacon from there may be read.</summary>
    public bool MayRead(IPAddress from, Instant now)
    {
        bool may = SourceAllows(from, now) && _total.TryTake(now);
        Refused += may ? 0 : 1;
        return may;
    }

    /// <summary>True when one more signature may be checked.</summary>
    public bool MayCheckSignature(Instant now) => _signatures.TryTake(now);

    private bool SourceAllows(IPAddress from, Instant now)
    {
        if (!_sources.TryGetValue(from, out TokenBucket? source))
        {
            if (_sources.Count >= MaxAddresses)
            {
                foreach (IPAddress quiet in _sources.Where(pair => pair.Value.IsFull(now)).Select(pair => pair.Key))
                {
                    _sources.Remove(quiet);
                }
            }

            if (_sources.Count >= MaxAddresses)
            {
                return true; // the total still holds
            }

            _sources[from] = source = new TokenBucket(2 * PerAddress, PerAddress);
        }

        return source.TryTake(now);
    }
}
