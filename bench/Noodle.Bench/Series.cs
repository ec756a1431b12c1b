namespace Noodle.Bench;

/// <summary>All samples of one subject, and what is said of them.</summary>
internal sealed class Series
{
    private readonly double[] _sorted;

    /// <param name="samples">Microseconds of each run, at least one.</param>
    /// <param name="allocatedBytes">Mean of the bytes that one run allocates, in the whole process.</param>
    public Series(string name, IReadOnlyList<double> samples, long allocatedBytes)
    {
        ArgumentOutOfRangeException.ThrowIfZero(samples.Count);
        Name = name;
        AllocatedBytes = allocatedBytes;
        _sorted = [.. samples];
        Array.Sort(_sorted);
    }

    public string Name { get; }

    public int Samples => _sorted.Length;

    public double MinUs => _sorted[0];

    public double P50Us => Percentile(50);

    public double P99Us => Percentile(99);

    /// <summary>Mean over all runs.</summary>
    public long AllocatedBytes { get; }

    /// <summary>
    /// The smallest sample that <paramref name="percent"/> of all samples do not exceed (nearest rank).
    /// </summary>
    /// <param name="percent">0 to 100.</param>
    public double Percentile(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        int rank = (int)Math.Ceiling(percent / 100 * _sorted.Length);
        return _sorted[Math.Max(rank, 1) - 1];
    }
}
