using System.Diagnostics.CodeAnalysis;
using Noodle.Primitives;

namespace NoodleNet.Simulation.Tests;

public sealed class SimulatedHostTests
{
    private readonly Simulation _simulation = new(1);
    private readonly Host _host;

    public SimulatedHostTests() => _host = new Host(_simulation);

    [Fact]
    public void A_frozen_host_takes_up_later_what_reached_it_and_what_was_due()
    {
        _host.Start();
        _host.Freeze(TimeSpan.FromSeconds(5));
        _host.Freeze(TimeSpan.FromSeconds(2)); // shorter: changes nothing
        _host.Give(1);
        _simulation.RunFor(TimeSpan.FromSeconds(2));
        _host.Give(2);
        Assert.Empty(_host.Done);
        _simulation.RunFor(TimeSpan.FromSeconds(4));
        Assert.Equal(["5000 ms 1", "5000 ms 2", "5000 ms due"], _host.Done);
    }

    [Fact]
    public void A_frozen_host_holds_only_so_much()
    {
        _host.Start();
        _host.Freeze(TimeSpan.FromSeconds(5));
        for (int i = 0; i < 1_000; i++)
        {
            _host.Give(i);
        }

        _simulation.RunFor(TimeSpan.FromSeconds(6));
        Assert.Equal(Host.MaxWaiting, _host.Done.Count(line => !line.EndsWith("due", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_slow_host_takes_its_time_in_order_and_loses_what_is_too_much()
    {
        _host.Start();
        _host.SlowBy = TimeSpan.FromMilliseconds(100);
        for (int i = 0; i < 1_000; i++)
        {
            _host.Give(i);
        }

        _simulation.RunFor(TimeSpan.FromMilliseconds(250));
        Assert.Equal(["100 ms 0", "200 ms 1"], _host.Done);
        _host.Freeze(TimeSpan.FromMilliseconds(100));
        _simulation.RunFor(TimeSpan.FromMilliseconds(110));
        Assert.Equal("350 ms 2", _host.Done[2]);
        _host.SlowBy = default;
        _simulation.RunFor(TimeSpan.FromMinutes(3));
        Assert.InRange(_host.Done.Count, Host.MaxWaiting, Host.MaxWaiting + 3);
    }

    [Fact]
    public void What_an_earlier_life_was_to_do_is_not_done_by_a_later_one()
    {
        _host.Give(0); // down
        _host.Freeze(TimeSpan.FromSeconds(1));
        _host.Start();
        _host.SlowBy = TimeSpan.FromMilliseconds(10);
        _host.Give(1);
        _host.Crash();
        _host.Give(2);
        _host.SlowBy = default;
        _host.Start();
        _host.Freeze(TimeSpan.FromSeconds(1));
        _host.Give(3);
        _host.Crash();
        _host.Start();
        _simulation.RunFor(TimeSpan.FromSeconds(2));
        Assert.Equal(["1000 ms due"], _host.Done);
    }

    [Fact]
    public void A_clock_that_is_fast_meets_its_deadlines_early()
    {
        _host.Start(driftPpm: 250_000);
        _simulation.RunFor(TimeSpan.FromSeconds(1));
        Assert.Equal(["800 ms due"], _host.Done);
    }

    [Fact]
    public void A_deadline_that_does_not_go_away_is_a_violation_and_no_endless_loop()
    {
        _host.Start(isStuck: true);
        _simulation.RunFor(TimeSpan.FromSeconds(10));
        Assert.Contains("still there", Assert.Single(_simulation.Violations).Rule, StringComparison.Ordinal);
    }

    private sealed class Host(Simulation simulation) : SimulatedHost<int, string>(simulation, "host")
    {
        public List<string> Done { get; } = [];

        public void Start(int driftPpm = 0, bool isStuck = false)
        {
            var clock = new HostClock(default);
            clock.SetDrift(driftPpm, Simulation.Now);
            Boot(new Echo(isStuck, clock.ToLocal(Simulation.Now) + TimeSpan.FromSeconds(1)), clock);
            Give(-1);
        }

        protected override void Perform(string effect) => Done.Add($"{Simulation.Now} {effect}");
    }

    private sealed class Echo(bool isStuck, Instant due) : IMachine<int, string>
    {
        private readonly Queue<string> _effects = new();

        public Instant? NextDeadline { get; private set; } = due;

        public void Handle(in int input, Instant now)
        {
            if (input >= 0)
            {
                _effects.Enqueue($"{input}");
            }
        }

        public void HandleDeadline(Instant now)
        {
            if (NextDeadline <= now && !isStuck)
            {
                NextDeadline = null;
                _effects.Enqueue("due");
            }
        }

        public bool TryTakeEffect([MaybeNullWhen(false)] out string effect) => _effects.TryDequeue(out effect);
    }
}
