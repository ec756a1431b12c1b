using NoodleNet.Mesh.Quality;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Quality;

public sealed class LinkQualityTests
{
    [Fact]
    public void Nothing_is_known_before_the_first_answer()
    {
        LinkMeasure measure = new LinkQuality(At(0)).Read(At(3));
        Assert.Null(measure.RoundTripMicroseconds);
        Assert.Null(measure.LeastMicroseconds);
        Assert.Null(measure.BytesPerSecond);
        Assert.Equal((0L, 0, Ms(3_000), 0),
            (measure.JitterMicroseconds, measure.LossPermille, measure.Age, measure.Confidence));
    }

    [Fact]
    public void A_cold_first_answer_does_not_spoil_the_average()
    {
        var quality = new LinkQuality(At(0));
        foreach (double ms in new[] { 12.0, 0.4, 0.5, 0.5 })
        {
            quality.AddRoundTrip(Ms(ms), At(1));
        }

        Assert.InRange(quality.Read(At(1)).RoundTripMicroseconds!.Value, 400, 450);
    }

    [Fact]
    public void Round_trip_follows_by_an_eighth_and_jitter_by_a_sixteenth()
    {
        var quality = new LinkQuality(At(0));
        for (int i = 0; i < 3; i++)
        {
            quality.AddRoundTrip(Ms(8), At(i));
        }

        quality.AddRoundTrip(Ms(16), At(3));
        LinkMeasure measure = quality.Read(At(4));
        Assert.Equal((9_000L, 500L, 8_000L, 4L, Ms(1_000)), (measure.RoundTripMicroseconds!.Value,
            measure.JitterMicroseconds, measure.LeastMicroseconds!.Value, measure.Samples, measure.Age));
    }

    [Fact]
    public void The_least_of_the_last_two_minutes_is_kept_and_no_older_one()
    {
        var quality = new LinkQuality(At(0));
        quality.AddRoundTrip(Ms(1), At(0));
        quality.AddRoundTrip(Ms(5), At(61));
        Assert.Equal(1_000, quality.Read(At(61)).LeastMicroseconds);
        quality.AddRoundTrip(Ms(7), At(122));
        Assert.Equal(5_000, quality.Read(At(122)).LeastMicroseconds);
    }

    [Fact]
    public void Loss_rises_with_each_probe_that_nobody_answers_and_falls_again()
    {
        var quality = new LinkQuality(At(0));
        quality.AddLoss();
        Assert.Equal(62, quality.Read(At(0)).LossPermille);
        for (int i = 0; i < 200; i++)
        {
            quality.AddLoss();
        }

        Assert.InRange(quality.Read(At(0)).LossPermille, 990, 1_000);
        for (int i = 0; i < 100; i++)
        {
            quality.AddRoundTrip(Ms(1), At(1));
        }

        Assert.InRange(quality.Read(At(1)).LossPermille, 0, 3);
    }

    [Fact]
    public void A_round_trip_of_nothing_and_one_of_an_age_do_no_harm()
    {
        var quality = new LinkQuality(At(0));
        quality.AddRoundTrip(TimeSpan.MinValue, At(0));
        Assert.Equal(1, quality.Read(At(0)).RoundTripMicroseconds);
        for (int i = 0; i < 50; i++)
        {
            quality.AddRoundTrip(i % 2 == 0 ? TimeSpan.MaxValue : TimeSpan.Zero, At(0));
        }

        Assert.True(quality.Read(At(0)).RoundTripMicroseconds > 0);
        Assert.True(quality.Read(At(0)).JitterMicroseconds > 0);
    }

    [Fact]
    public void Bandwidth_comes_from_large_transfers_of_the_last_ten_minutes_alone()
    {
        var quality = new LinkQuality(At(0));
        quality.AddTransfer(BandwidthWindow.LeastBytes - 1, Ms(1), At(0));
        Assert.Null(quality.Read(At(0)).BytesPerSecond);
        quality.AddTransfer(1 << 20, TimeSpan.Zero, At(0));
        Assert.Null(quality.Read(At(0)).BytesPerSecond);
        foreach ((long bytes, double ms) in new[] { (1_000_000L, 100.0), (1_000_000, 50), (1_000_000, 200) })
        {
            quality.AddTransfer(bytes, Ms(ms), At(1));
        }

        Assert.Equal((10_000_000L, 20_000_000L),
            (quality.Read(At(2)).BytesPerSecond!.Value, quality.Read(At(2)).BestBytesPerSecond!.Value));
        for (int i = 0; i < 8; i++)
        {
            quality.AddTransfer(1_000_000, Ms(1_000), At(300)); // the ring holds eight: the old ones are gone
        }

        Assert.Equal(1_000_000, quality.Read(At(300)).BestBytesPerSecond);
        Assert.Null(quality.Read(At(901)).BytesPerSecond);
    }

    public static TheoryData<long, double, int> Believed => new()
    {   // samples  age in s  confidence
        { 0,        0,        0 },
        { 1,        0,        12 },
        { 8,        0,        100 },
        { 1_000,    0,        100 },
        { 8,        30,       75 },
        { 8,        60,       50 },
        { 8,        90,       37 },
        { 8,        120,      25 },
        { 8,        600,      0 },
        { 8,        -5,       100 },
    };

    [Theory]
    [MemberData(nameof(Believed))]
    public void What_nobody_renews_is_believed_half_as_much_each_minute(long samples, double age, int confidence) =>
        Assert.Equal(confidence, Confidence.Of(samples, TimeSpan.FromSeconds(age)));

    [Fact]
    public void Confidence_never_rises_with_age() => Gen.Select(Gen.Int[0, 500_000], Gen.Int[0, 100_000]).Sample(
        (ms, more) => Confidence.Of(8, Ms(ms)) >= Confidence.Of(8, Ms(ms + more)));

    [Fact]
    public void A_full_table_knows_its_peers_and_takes_no_new_ones()
    {
        var table = new LinkQualityTable(capacity: 1);
        LinkQuality? first = table.GetOrAdd(Node(1), At(0));
        Assert.NotNull(first);
        Assert.Same(first, table.GetOrAdd(Node(1), At(1)));
        Assert.Null(table.GetOrAdd(Node(2), At(1)));
        Assert.True(table.Remove(Node(1)));
        Assert.False(table.TryGet(Node(1), out _));
        Assert.NotNull(table.GetOrAdd(Node(2), At(1)));
        Assert.Equal(1, table.Count);
    }
}
