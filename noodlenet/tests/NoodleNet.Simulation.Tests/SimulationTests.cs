using Noodle.Primitives;

namespace NoodleNet.Simulation.Tests;

public sealed class SimulationTests
{
    [Fact]
    public void Events_run_in_the_order_of_their_times_and_then_of_their_setting()
    {
        var simulation = new Simulation(1);
        var ran = new List<string>();
        simulation.After(TimeSpan.FromSeconds(2), () => ran.Add("late"));
        simulation.After(TimeSpan.FromSeconds(1), () =>
        {
            ran.Add("early");
            simulation.At(default, () => ran.Add("the past is now"));
        });
        simulation.After(TimeSpan.FromSeconds(2), () => ran.Add("later"));
        simulation.After(TimeSpan.FromSeconds(4), () => ran.Add("not yet"));
        simulation.RunFor(TimeSpan.FromSeconds(3));
        Assert.Equal(["early", "the past is now", "late", "later"], ran);
        Assert.Equal(default(Instant) + TimeSpan.FromSeconds(3), simulation.Now);
        Assert.Equal(4, simulation.Steps);
        Assert.True(simulation.RunUntil(() => ran.Count == 5, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        Assert.False(simulation.RunUntil(() => false, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Streams_of_a_seed_depend_on_their_names_alone()
    {
        ulong a = new SeedStreams(1)["a"].NextUInt64();
        var streams = new SeedStreams(1);
        ulong b = streams["b"].NextUInt64();
        Assert.Equal(a, streams["a"].NextUInt64());
        Assert.NotEqual(a, b);
        Assert.NotEqual(a, new SeedStreams(2)["a"].NextUInt64());
    }

    [Fact]
    public void A_trace_knows_order_length_and_every_bit()
    {
        static ulong Hash(params byte[][] parts)
        {
            var hash = new TraceHash();
            foreach (byte[] part in parts)
            {
                hash.Add(part);
            }

            return hash.Value;
        }

        Assert.Equal(Hash([1, 2], [3]), Hash([1, 2], [3]));
        ulong[] all = [Hash(), Hash([[]]), Hash([0]), Hash([1, 2], [3]), Hash([1], [2, 3]), Hash([3], [1, 2]),
            Hash(new byte[8]), Hash(new byte[9])];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Fact]
    public void A_clock_never_goes_back_and_its_deadlines_are_met_and_not_early() =>
        Gen.Select(Gen.Long[0, 1L << 50], Gen.Int[-900_000, 900_000].List[1, 5], Gen.Long[1, 1L << 40])
            .Sample((start, drifts, step) =>
    {
        var clock = new HostClock(new Instant(start));
        var now = default(Instant);
        Instant last = clock.ToLocal(now);
        foreach (int drift in drifts)
        {
            now = new Instant(now.Nanoseconds + step);
            clock.SetDrift(drift, now);
            Instant local = clock.ToLocal(now);
            Assert.True(local >= last);
            var due = new Instant(local.Nanoseconds + step);
            Instant global = clock.ToGlobal(due);
            Assert.True(clock.ToLocal(global) >= due);
            Assert.True(clock.ToLocal(new Instant(global.Nanoseconds - 2)) <= due);
            last = local;
        }
    });

    [Fact]
    public void Violations_are_kept_up_to_their_bound()
    {
        var simulation = new Simulation(1);
        for (int i = 0; i < 100; i++)
        {
            simulation.Violate("n", "r");
        }

        Assert.Equal(Simulation.MaxViolations, simulation.Violations.Count);
    }
}
