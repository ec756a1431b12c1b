namespace Noodle.Bench.Tests;

public sealed class SeriesTests
{
    public static TheoryData<double[], double, double> Percentiles => new()
    {   // samples, percent, expected
        { [5], 0, 5 },
        { [5], 99, 5 },
        { [3, 1, 2], 50, 2 },
        { [4, 3, 2, 1], 50, 2 },
        { [4, 3, 2, 1], 51, 3 },
        { [4, 3, 2, 1], 100, 4 },
        { [.. Enumerable.Range(1, 100).Select(i => (double)i)], 99, 99 },
        { [.. Enumerable.Range(1, 1000).Select(i => (double)i)], 99, 990 },
    };

    [Theory]
    [MemberData(nameof(Percentiles))]
    public void A_percentile_is_the_nearest_rank(double[] samples, double percent, double expected) =>
        Assert.Equal(expected, new Series("s", samples, 0).Percentile(percent));

    [Fact]
    public void A_percentile_is_a_sample_that_enough_samples_do_not_exceed() =>
        Gen.Select(Gen.Int[0, 99].Select(i => (double)i).Array[1, 50], Gen.Int[0, 100]).Sample((samples, percent) =>
        {
            double value = new Series("s", samples, 0).Percentile(percent);
            Assert.Contains(value, samples);
            Assert.True(samples.Count(sample => sample <= value) * 100 >= percent * samples.Length);
            Assert.True(samples.Count(sample => sample < value) * 100 <= percent * samples.Length);
        });

    [Fact]
    public void Nonsense_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Series("s", [], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Series("s", [1], 0).Percentile(101));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Series("s", [1], 0).Percentile(-1));
    }
}
