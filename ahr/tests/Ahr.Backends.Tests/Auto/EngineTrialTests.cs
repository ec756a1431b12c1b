using Ahr.Backends.Auto;

namespace Ahr.Backends.Tests.Auto;

public sealed class EngineTrialTests
{
    public static TheoryData<string, double[], double[], int> Races => new()
    {   // what is tried                 first engine (us)          second engine (us)         winner
        { "the first is faster",         [10, 10, 10, 10, 10],      [20, 20, 20, 20, 20],      0 },
        { "the second is faster",        [20, 20, 20, 20, 20],      [10, 10, 10, 10, 10],      1 },
        { "one slow run does not count", [10, 10, 900, 10, 10],     [20, 20, 20, 20, 20],      0 },
        { "two lucky runs do not count", [20, 1, 20, 1, 20],        [10, 10, 10, 10, 10],      1 },
        { "equal ones: the first",       [10, 10, 10, 10, 10],      [10, 10, 10, 10, 10],      0 },
    };

    [Theory]
    [MemberData(nameof(Races))]
    public void The_lower_median_wins(string what, double[] first, double[] second, int winner)
    {
        Assert.NotEmpty(what);
        EngineTrial trial = new(2);
        double[][] times = [first, second];
        int[] runs = [0, 0];
        for (int i = 0; i < 2 * (EngineTrial.WarmUp + EngineTrial.Measured); i++)
        {
            Assert.Equal(-1, trial.Winner);
            int engine = trial.Next();
            int run = runs[engine]++ - EngineTrial.WarmUp;
            trial.Took(engine, run < 0 ? 1e6 : times[engine][run]); // a cold engine is slow, and that says nothing
        }

        Assert.Equal(winner, trial.Winner);
        Assert.Equal(14, trial.Calls);
        Assert.Equal([7, 7], runs);
    }

    [Fact]
    public void Engines_are_tried_in_turn()
    {
        EngineTrial trial = new(3);
        Assert.Equal([0, 1, 2, 0, 1, 2], Enumerable.Range(0, 6).Select(_ => trial.Next()));
    }

    [Fact]
    public void One_call_in_many_goes_to_another_engine_which_takes_over_when_it_became_faster()
    {
        EngineTrial trial = Settled(10, 20);
        List<int> asked = [];
        while (trial.Winner == 0 && asked.Count < 100_000)
        {
            int engine = trial.Next();
            asked.Add(engine);
            trial.Took(engine, engine == 0 ? 10 : 1);
        }

        Assert.Equal(1, trial.Winner);
        Assert.InRange(asked.Count(engine => engine == 1), 2, 8); // smoothed: one lucky run is not enough
        Assert.Equal(1.0 / EngineTrial.CheckEvery, asked.Count(engine => engine == 1) / (double)asked.Count, 0.002);
    }

    [Fact]
    public void An_engine_that_is_a_little_faster_does_not_take_over()
    {
        EngineTrial trial = Settled(10, 20);
        for (int i = 0; i < 100 * EngineTrial.CheckEvery; i++)
        {
            int engine = trial.Next();
            trial.Took(engine, engine == 0 ? 10 : 9.5);
        }

        Assert.Equal(0, trial.Winner);
        Assert.Equal(9.5, trial.MicrosecondsOf(1)!.Value, 0.01);
    }

    [Fact]
    public void An_engine_that_cannot_is_out_and_the_other_wins()
    {
        EngineTrial trial = new(2);
        Assert.True(trial.Failed(0));
        Assert.Equal(1, trial.Next());
        for (int i = 0; i < EngineTrial.WarmUp + EngineTrial.Measured; i++)
        {
            trial.Took(1, 5);
        }

        Assert.Equal(1, trial.Winner);
        Assert.False(trial.Failed(1));
    }

    [Fact]
    public void The_winner_may_fail_later()
    {
        EngineTrial trial = Settled(10, 20);
        Assert.True(trial.Failed(0));
        Assert.All(Enumerable.Range(0, 300), _ => Assert.Equal(1, trial.Next()));
    }

    [Fact]
    public void Who_gave_up_is_asked_again()
    {
        EngineTrial trial = new(2);
        Assert.Equal(0, trial.Next());
        trial.GaveUp(0);
        Assert.Equal(0, trial.Next());
    }

    private static EngineTrial Settled(double first, double second)
    {
        EngineTrial trial = new(2);
        while (trial.Winner < 0)
        {
            int engine = trial.Next();
            trial.Took(engine, engine == 0 ? first : second);
        }

        return trial;
    }
}
