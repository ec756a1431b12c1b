using Noodle.Primitives;
using NoodleNet.Mesh;
using NoodleNet.Mesh.Vivaldi;
using static NoodleNet.Tests.Mesh.MeshNodes;

namespace NoodleNet.Tests.Mesh.Vivaldi;

public sealed class VivaldiEstimatorTests
{
    [Fact]
    public void The_first_measurement_moves_as_the_formulas_of_the_wire_file_say()
    {
        var estimator = new VivaldiEstimator(new Prng(1));
        var theirs = new NetworkCoordinate(new double[] { 0.1, 0, 0, 0, 0, 0, 0, 0 }, 1.5, 0, 1e-5);
        Assert.Equal(CoordinateFault.None, estimator.Observe("b", theirs, TimeSpan.FromSeconds(0.2)));
        NetworkCoordinate ours = estimator.Current;
        const double distance = 0.1 + 2e-5;
        const double force = 0.25 * 0.5 * (0.2 - distance);
        const double height = (2e-5 * force / 0.1) + 1e-5;
        // gravity pulls (distance to the origin / 150) squared: some 1e-8 of a second here
        Assert.Equal(-force, ours.Vector.Span[0], 7);
        Assert.Equal(height, ours.Height, 7);
        Assert.Equal((0.25 * 0.5 * (0.2 - distance) / 0.2) + (1.5 * (1 - (0.25 * 0.5))), ours.Error, 12);
        double raw = 0.1 + force + height + 1e-5;
        Assert.Equal((0.2 - raw) / 40, ours.Adjustment, 9);
        Assert.Equal(1, estimator.Peers);
    }

    [Fact]
    public void Two_hundred_nodes_on_a_plane_with_heights_predict_each_other_within_15_percent()
    {
        var chance = new Prng(42);
        const int count = 200;
        (double X, double Y, double Height)[] places = [.. Enumerable.Range(0, count).Select(_ =>
            (chance.NextDouble() * 0.1, chance.NextDouble() * 0.1, 0.0005 + (chance.NextDouble() * 0.005)))];
        VivaldiEstimator[] nodes =
            [.. Enumerable.Range(0, count).Select(i => new VivaldiEstimator(chance.Fork($"node {i}")))];
        for (int round = 0; round < 300; round++)
        {
            for (int i = 0; i < count; i++)
            {
                int peer = chance.Next(count - 1);
                peer += peer >= i ? 1 : 0;
                double noise = 1 + (0.1 * (chance.NextDouble() - 0.5));
                nodes[i].Observe($"node {peer}", nodes[peer].Current, TimeSpan.FromSeconds(True(i, peer) * noise));
            }
        }

        var errors = new List<double>();
        for (int i = 0; i < count; i++)
        {
            for (int j = i + 1; j < count; j++)
            {
                long predicted = CoordinateSpace.PredictMicroseconds(nodes[i].Current, nodes[j].Current)!.Value;
                errors.Add(Math.Abs((predicted / 1e6) - True(i, j)) / True(i, j));
            }
        }

        errors.Sort();
        Assert.InRange(errors[errors.Count / 2], 0, 0.15);
        Assert.InRange(errors[errors.Count * 9 / 10], 0, 0.6);

        double True(int a, int b) => Math.Sqrt(
            Math.Pow(places[a].X - places[b].X, 2) + Math.Pow(places[a].Y - places[b].Y, 2))
            + places[a].Height + places[b].Height;
    }

    [Fact]
    public void One_slow_answer_of_three_moves_nothing_more_than_the_others_do()
    {
        var calm = new VivaldiEstimator(new Prng(1));
        var shaken = new VivaldiEstimator(new Prng(1));
        var theirs = new NetworkCoordinate(new double[] { 0.01, 0, 0, 0, 0, 0, 0, 0 }, 0.1, 0, 1e-5);
        foreach (double ms in new double[] { 20, 20, 20, 20 })
        {
            calm.Observe("b", theirs, Ms(ms));
        }

        foreach (double ms in new double[] { 20, 20, 900, 20 })
        {
            shaken.Observe("b", theirs, Ms(ms));
        }

        Assert.Equal(calm.Current.Vector.ToArray(), shaken.Current.Vector.ToArray());
    }

    public static TheoryData<string, NetworkCoordinate, double, CoordinateFault> Refused => new()
    {   // what is wrong              the coordinate                    ms      what becomes of it
        { "seven dimensions",          At(new double[7]),                20,     CoordinateFault.InvalidCoordinate },
        { "a part that is no number",  At(With(double.NaN)),             20,     CoordinateFault.InvalidCoordinate },
        { "an endless part",           At(With(double.PositiveInfinity)), 20,    CoordinateFault.InvalidCoordinate },
        { "an endless error",          At(With(0)) with { Error = double.PositiveInfinity }, 20,
            CoordinateFault.InvalidCoordinate },
        { "an adjustment of nothing",  At(With(0)) with { Adjustment = double.NaN }, 20,
            CoordinateFault.InvalidCoordinate },
        { "a negative height",         At(With(0)) with { Height = -1 }, 20,     CoordinateFault.InvalidCoordinate },
        { "a height of nothing",       At(With(0)) with { Height = double.NaN }, 20,
            CoordinateFault.InvalidCoordinate },
        { "a negative round trip",     At(With(0)),                      -1,     CoordinateFault.InvalidRoundTrip },
        { "more than ten seconds",     At(With(0)),                      10_001, CoordinateFault.InvalidRoundTrip },
        { "a place beyond all places", At(With(1e308)),                  20,     CoordinateFault.Reset },
        { "a sound one",               At(With(0.01)),                   20,     CoordinateFault.None },
        { "no time at all",            At(With(0.01)),                   0,      CoordinateFault.None },
        { "this node's own place",     At(With(0)),                      20,     CoordinateFault.None },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_is_refused_and_what_leads_nowhere_begins_anew(
        string what, NetworkCoordinate theirs, double ms, CoordinateFault fault)
    {
        Assert.NotEmpty(what);
        var estimator = new VivaldiEstimator(new Prng(1));
        Assert.Equal(fault, estimator.Observe("b", theirs, Ms(ms)));
        Assert.Equal(fault != CoordinateFault.None, estimator.Current == CoordinateSpace.Origin);
        Assert.True(CoordinateSpace.IsValid(estimator.Current));
    }

    [Fact]
    public void Whatever_is_told_the_coordinate_stays_a_valid_one() => Gen.Select(
        Gen.Double.Array[8], Gen.Double, Gen.Double, Gen.Long[-1, 100_000_001]).Array[1, 20].Sample(told =>
    {
        var estimator = new VivaldiEstimator(new Prng(1));
        foreach ((double[] vector, double error, double height, long ticks) in told)
        {
            estimator.Observe("x", new NetworkCoordinate(vector, error, 0, height), new TimeSpan(ticks));
        }

        return CoordinateSpace.IsValid(estimator.Current) && estimator.Current.Height >= 1e-5
            && estimator.Current.Error <= 1.5;
    });

    [Fact]
    public void The_filter_holds_as_many_peers_as_it_may_and_forgets_those_that_are_gone()
    {
        var estimator = new VivaldiEstimator(new Prng(1), capacity: 2);
        foreach (string peer in new[] { "a", "b", "c", "a" })
        {
            estimator.Observe(peer, At(With(0.01)), Ms(5));
        }

        Assert.Equal(2, estimator.Peers);
        estimator.Forget("a");
        Assert.Equal(1, estimator.Peers);
        estimator.Reset();
        Assert.Equal(CoordinateSpace.Origin, estimator.Current);
    }

    [Fact]
    public void Who_knows_nothing_predicts_nothing_and_an_adjustment_never_makes_a_distance_negative()
    {
        NetworkCoordinate here = At(With(0)) with { Error = 0.2 };
        NetworkCoordinate there = At(With(0.05)) with { Error = 0.2 };
        Assert.Null(CoordinateSpace.PredictMicroseconds(here, CoordinateSpace.Origin));
        Assert.Null(CoordinateSpace.PredictMicroseconds(At(new double[7]), here));
        Assert.InRange(CoordinateSpace.PredictMicroseconds(here, there)!.Value, 50_019, 50_021);
        Assert.InRange(
            CoordinateSpace.PredictMicroseconds(here, there with { Adjustment = 0.01 })!.Value, 60_019, 60_021);
        Assert.InRange(
            CoordinateSpace.PredictMicroseconds(here, there with { Adjustment = -1 })!.Value, 50_019, 50_021);
        Assert.Equal(10_000_000, CoordinateSpace.PredictMicroseconds(here, there with { Height = 99 }));
    }

    private static double[] With(double first) => [first, 0, 0, 0, 0, 0, 0, 0];

    private static NetworkCoordinate At(double[] vector) => new(vector, 0.5, 0, 1e-5);
}
