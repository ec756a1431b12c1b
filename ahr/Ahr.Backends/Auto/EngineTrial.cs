namespace Ahr.Backends.Auto;

/// <summary>Decides which of several engines runs a model with one set of input shapes, from how long runs took.
/// </summary>
/// <remarks>
/// Meaning: <code>try all in turn --each measured--> settled --the other became faster--> settled on that</code>
/// The first <see cref="WarmUp"/> runs of each engine do not count; then each is measured <see cref="Measured"/> times,
/// in turn, and the lowest median wins. From then on one call in <see cref="CheckEvery"/> goes to another engine; it
/// takes over when its smoothed time is below <see cref="Margin"/> of the winner's. Nothing here is random.
/// One thread at a time.
/// </remarks>
internal sealed class EngineTrial
{
    public const int WarmUp = 2;
    public const int Measured = 5;
    public const int CheckEvery = 256;
    public const double Margin = 0.9;
    private const double Smoothing = 0.2;

    private readonly Candidate[] _candidates;
    private int _winner = -1;
    private long _calls;

    public EngineTrial(int engines)
    {
        _candidates = new Candidate[engines];
        for (int i = 0; i < engines; i++)
        {
            _candidates[i] = new Candidate();
        }
    }

    /// <summary>The engine that won; -1 while it is not settled.</summary>
    public int Winner => _winner;

    /// <summary>Calls that asked who takes them.</summary>
    public long Calls => _calls;

    /// <summary>Smoothed time of a run on an engine; null before it was measured.</summary>
    public double? MicrosecondsOf(int engine) => _candidates[engine].Smoothed;

    /// <summary>Which engine takes the next call.</summary>
    public int Next()
    {
        _calls++;
        if (_winner < 0)
        {
            int fewest = -1;
            for (int i = 0; i < _candidates.Length; i++)
            {
                if (!_candidates[i].IsOut && (fewest < 0 || _candidates[i].Started < _candidates[fewest].Started))
                {
                    fewest = i;
                }
            }

            _candidates[fewest].Started++;
            return fewest;
        }

        return _calls % CheckEvery == 0 ? Other() : _winner;
    }

    /// <summary>Notes how long a run took.</summary>
    public void Took(int engine, double microseconds)
    {
        Candidate candidate = _candidates[engine];
        candidate.Runs++;
        if (candidate.Runs <= WarmUp)
        {
            return;
        }

        candidate.Smoothed = candidate.Smoothed is { } before
            ? before + (Smoothing * (microseconds - before))
            : microseconds;
        if (_winner < 0)
        {
            candidate.Times.Add(microseconds);
            Settle();
        }
        else if (engine != _winner && candidate.Smoothed < Margin * _candidates[_winner].Smoothed)
        {
            _winner = engine;
        }
    }

    /// <summary>Notes that a run ended without a time: it counts as not begun.</summary>
    public void GaveUp(int engine) => _candidates[engine].Started--;

    /// <summary>Notes that an engine cannot do this: it gets no further calls.</summary>
    /// <returns>False when no engine is left.</returns>
    public bool Failed(int engine)
    {
        _candidates[engine].IsOut = true;
        _winner = _winner == engine ? -1 : _winner;
        Settle();
        return Array.Exists(_candidates, candidate => !candidate.IsOut);
    }

    private void Settle()
    {
        int best = -1;
        for (int i = 0; i < _candidates.Length; i++)
        {
            if (_candidates[i].IsOut)
            {
                continue;
            }

            if (_candidates[i].Times.Count < Measured)
            {
                return;
            }

            best = best < 0 || _candidates[i].Median < _candidates[best].Median ? i : best;
        }

        if (best >= 0)
        {
            _winner = best;
            Array.ForEach(_candidates, candidate => candidate.Times.Clear());
        }
    }

    private int Other()
    {
        for (int i = 1; i < _candidates.Length; i++)
        {
            int engine = (_winner + (int)(_calls / CheckEvery) + i) % _candidates.Length;
            if (engine != _winner && !_candidates[engine].IsOut)
            {
                return engine;
            }
        }

        return _winner;
    }

    private sealed class Candidate
    {
        public int Started { get; set; }

        public int Runs { get; set; }

        public bool IsOut { get; set; }

        public double? Smoothed { get; set; }

        /// <summary>Cleared when settled; after that only <see cref="Smoothed"/> counts.</summary>
        public List<double> Times { get; } = [];

        public double Median
        {
            get
            {
                double[] sorted = [.. Times];
                Array.Sort(sorted);
                return sorted[sorted.Length / 2];
            }
        }
    }
}
