using Noodle.Primitives;

namespace NoodleNet.Simulation.Network;

/// <summary>Which directions between hosts are cut, and which hold everything back for a while.</summary>
/// <remarks>Bound: an entry for each direction named; <see cref="MaxClogged"/> datagrams wait in one that is clogged.
/// </remarks>
public sealed class LinkFaults
{
    /// <summary>Datagrams that a clogged direction holds; more are lost.</summary>
    public const int MaxClogged = 64;

    private readonly HashSet<long> _cut = [];
    private readonly Dictionary<long, (Instant Until, int Held)> _clogged = [];

    /// <summary>Nothing passes from one to the other; the way back is not touched.</summary>
    public void Cut(int from, int to) => _cut.Add(Key(from, to));

    public void HealAll()
    {
        _cut.Clear();
        _clogged.Clear();
    }

    public void Heal(int from, int to) => _cut.Remove(Key(from, to));

    /// <summary>Holds what is sent until then.</summary>
    public void Clog(int from, int to, Instant until) => _clogged[Key(from, to)] = (until, 0);

    public bool IsCut(int from, int to) => _cut.Count != 0 && _cut.Contains(Key(from, to));

    /// <summary>When a clogged direction lets a datagram of now go on; null when it is lost.</summary>
    public Instant? TryHold(int from, int to, Instant now)
    {
        if (_clogged.Count == 0 || !_clogged.TryGetValue(Key(from, to), out var clog))
        {
            return now;
        }

        if (clog.Until <= now)
        {
            _clogged.Remove(Key(from, to));
            return now;
        }

        _clogged[Key(from, to)] = clog with { Held = clog.Held + 1 };
        return clog.Held < MaxClogged ? clog.Until : null;
    }

    /// <summary>True while a direction is clogged.</summary>
    public bool IsClogged(int from, int to, Instant now) =>
        _clogged.Count != 0 && _clogged.TryGetValue(Key(from, to), out var clog) && clog.Until > now;

    private static long Key(int from, int to) => ((long)from << 32) | (uint)to;
}
