namespace Noodle.Bench;

/// <summary>How much one series may take on top of another.</summary>
/// <param name="Of">Name of the series that is judged.</param>
/// <param name="Over">Name of the series that it is held against.</param>
/// <param name="LimitUs">Its p50 must be less than this above the other's.</param>
internal sealed record Bar(string Of, string Over, double LimitUs)
{
    public Verdict Judge(IReadOnlyList<Series> series)
    {
        double addedUs = Find(series, Of).P50Us - Find(series, Over).P50Us;
        return new Verdict(Of, Over, addedUs, LimitUs, addedUs < LimitUs);
    }

    private static Series Find(IReadOnlyList<Series> series, string name) =>
        series.Single(candidate => candidate.Name == name);
}

/// <summary>What came of one <see cref="Bar"/>.</summary>
/// <param name="AddedP50Us">Difference of the two p50.</param>
/// <param name="IsUnder">True when it is less than the limit.</param>
internal sealed record Verdict(string Of, string Over, double AddedP50Us, double LimitUs, bool IsUnder);
