using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>The time that one suspect has left to refute; it shrinks with every independent accuser.</summary>
/// <remarks>
/// Meaning: with c of k wanted confirmations the whole time is max - (max - min) * ln(c + 1) / ln(k + 1), in whole
/// milliseconds and never below min. The first accuser confirms nothing. With k = 0 the time is min from the start.
/// </remarks>
internal sealed class Suspicion
{
    private readonly HashSet<string> _accusers = new(StringComparer.Ordinal);
    private readonly int _wanted;
    private readonly TimeSpan _min, _max;
    private readonly Instant _startedAt;

    public Suspicion(string name, string accuser, int wanted, TimeSpan min, TimeSpan max, Instant now)
    {
        (Name, Accuser, _wanted, _min, _max, _startedAt) = (name, accuser, wanted, min, max, now);
        _accusers.Add(accuser);
    }

    public string Name { get; }

    public string Accuser { get; }

    public int Confirmations { get; private set; }

    public Instant Due => _startedAt + Timeout(Confirmations, _wanted, _min, _max);

    /// <summary>Counts an accuser; false when it tells nothing new.</summary>
    public bool Confirm(string from)
    {
        if (Confirmations >= _wanted || !_accusers.Add(from))
        {
            return false;
        }

        Confirmations++;
        return true;
    }

    public static TimeSpan Timeout(int confirmations, int wanted, TimeSpan min, TimeSpan max)
    {
        if (wanted < 1)
        {
            return min;
        }

        double share = Math.Log(confirmations + 1.0) / Math.Log(wanted + 1.0);
        double milliseconds = Math.Floor(max.TotalMilliseconds - ((max - min).TotalMilliseconds * share));
        var timeout = TimeSpan.FromMilliseconds((long)milliseconds);
        return timeout < min ? min : timeout;
    }

    /// <summary>mult * max(1, log10 n) * interval, the factor cut to three decimals.</summary>
    public static TimeSpan Minimum(int mult, int members, TimeSpan interval)
    {
        long thousandths = (long)(Math.Max(1.0, Math.Log10(Math.Max(1, members))) * 1000);
        return interval * mult * thousandths / 1000;
    }
}
