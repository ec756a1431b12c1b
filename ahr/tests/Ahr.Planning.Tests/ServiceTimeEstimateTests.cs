namespace Ahr.Planning.Tests;

public sealed class ServiceTimeEstimateTests
{
    [Fact]
    public void Before_the_first_run_a_model_is_taken_to_need_a_millisecond()
    {
        Assert.True(default(ServiceTimeEstimate).IsUnknown);
        Assert.Equal(1_000, default(ServiceTimeEstimate).Microseconds);
    }

    [Fact]
    public void The_first_sample_is_taken_as_it_is_and_later_ones_move_it_by_an_eighth()
    {
        ServiceTimeEstimate estimate = default(ServiceTimeEstimate).With(800);
        Assert.Equal(800, estimate.Microseconds);
        Assert.Equal(900, estimate.With(1_600).Microseconds);
    }

    [Fact]
    public void It_stays_between_the_samples() => Gen.Long[-10, 5_000_000_000].Array[1, 50].Sample(samples =>
    {
        ServiceTimeEstimate estimate = default;
        foreach (long sample in samples)
        {
            estimate = estimate.With(sample);
        }

        long low = Math.Clamp(samples.Min(), 1, 3_600_000_000);
        long high = Math.Clamp(samples.Max(), 1, 3_600_000_000);
        Assert.InRange(estimate.Microseconds, low, high);
    });
}
