namespace Noodle.Bench.Tests;

public sealed class BarTests
{
    public static TheoryData<double, double, double, bool> Cases => new()
    {   // floor us, subject us, limit us, is under
        { 30, 180, 500, true },
        { 30, 529.9, 500, true },
        { 30, 530, 500, false },
        { 200, 180, 500, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_added_is_the_difference_of_the_medians_and_must_stay_under_the_limit(
        double floor, double subject, double limit, bool isUnder)
    {
        Series[] series =
            [new("other", [1], 0), new("floor", [1, floor, 9_000], 0), new("node", [2, subject, 9_000], 0)];
        Verdict verdict = new Bar(Of: "node", Over: "floor", limit).Judge(series);
        Assert.Equal((subject - floor, isUnder), (verdict.AddedP50Us, verdict.IsUnder));
    }
}
