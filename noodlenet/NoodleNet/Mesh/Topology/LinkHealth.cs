using NoodleNet.Mesh.Quality;

namespace NoodleNet.Mesh.Topology;

/// <summary>Decides from a link's numbers when it has become bad, and when good again.</summary>
/// <remarks>
/// <code>good --round trip > 3 x least + 5 ms, or loss > 5 %--> degraded --round trip under 2 x least + 5 ms and loss
/// under 2 %--> good</code>
/// The two bounds lie apart, so that a link on the edge does not change with each probe. Least is what it was when the
/// link was good: a path that stays slow for two minutes would else become its own measure.
/// </remarks>
internal struct LinkHealth
{
    private const long Slack = 5_000;
    private const int EnoughSamples = 3;

    private long _least;

    public bool IsDegraded { get; private set; }

    /// <summary>Takes the newest numbers; true when the verdict changed.</summary>
    public bool Judge(in LinkMeasure measure)
    {
        if (measure.RoundTripMicroseconds is not { } roundTrip || measure.Samples < EnoughSamples)
        {
            return false;
        }

        if (!IsDegraded)
        {
            _least = measure.LeastMicroseconds ?? roundTrip;
        }

        bool bad = IsDegraded
            ? roundTrip >= (2 * _least) + Slack || measure.LossPermille >= 20
            : roundTrip > (3 * _least) + Slack || measure.LossPermille > 50;
        bool changed = bad != IsDegraded;
        IsDegraded = bad;
        return changed;
    }
}
