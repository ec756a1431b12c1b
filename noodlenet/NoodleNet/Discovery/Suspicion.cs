using Noodle.Primitives;

namespace NoodleNet.Discovery;

/// <summary>The time that one suspect has left to refute; it shrinks with every independent accuser.</summary>
/// <remarks>
/// Meaning: with c of k wanted confirmations the whole time is max - (max - min) * ln(c + 1) / ln(k + 1), in whole
/// milliseconds and never below min. The first accuser confirms nothing. With k = 0 the time is min from the start.
/// Before the verdict the suspect is asked once more, and again when this node itself came too late to hear its answer:
/// a host that is short of processors must not bury those whose word lies unread in its own queue.
/// Bound: <see cref="MaxQuestions"/> questions, each puts the verdict off by the wait for its answer at most.
/// </remarks>
internal sealed class Suspicion
{
    /// <summary>Questions to one suspect before the verdict.</summary>
    public const int MaxQuestions = 3;

    private readonly HashSet<string> _accusers = new(StringComparer.Ordinal);
    private readonly int _wanted;
    private readonly TimeSpan _min, _max, _wait;
    private readonly Instant _startedAt;
    private Instant _answerDue;
    private int _questions;

    /// <param name="wait">How long an answer to a question is waited for; zero: none is put.</param>
    /// <param name="asksOnlyLate">True: a question is put only when the verdict itself comes late.</param>
    public Suspicion(
        string name, string accuser, int wanted, TimeSpan min, TimeSpan max, Instant now, TimeSpan wait = default,
        bool asksOnlyLate = false)
    {
        _questions = asksOnlyLate ? 1 : 0;
        (Name, Accuser, _wanted, _min, _max, _startedAt) = (name, accuser, wanted, min, max, now);
        (_wait, _answerDue) = (wait, now);
        _accusers.Add(accuser);
    }

    public string Name { get; }

    public string Accuser { get; }

    public int Confirmations { get; private set; }

    /// <summary>When the next question is to be put, or the verdict falls.</summary>
    public Instant Due
    {
        get
        {
            Instant next = _startedAt + Timeout(Confirmations, _wanted, _min, _max);
            next = _questions == 0 ? next - _wait : next;
            return next > _answerDue ? next : _answerDue;
        }
    }

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

    /// <summary>True when the suspect is to be asked now; false: its time is up.</summary>
    /// <param name="now">At or after <see cref="Due"/>.</param>
    public bool TryAsk(Instant now)
    {
        if (_wait <= TimeSpan.Zero || _questions >= MaxQuestions || (_questions > 0 && now - Due <= _wait / 4))
        {
            return false;
        }

        _questions++;
        _answerDue = now + _wait;
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
