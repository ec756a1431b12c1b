using NoodleNet.Simulation.Network;

namespace NoodleNet.Simulation.Tests;

public sealed class FlowTests
{
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(200);

    [Fact]
    public void Where_nothing_is_lost_each_flight_is_twice_the_one_before_it()
    {
        var flow = new Flow(75);
        var sent = new List<int>();
        while (!flow.IsDone)
        {
            sent.Add(flow.Sends);
            Assert.Null(flow.Arrive(flow.Sends));
        }

        Assert.Equal([10, 20, 40, 5], sent);
    }

    [Fact]
    public void What_was_lost_goes_out_again_in_half_the_window_which_then_grows_by_one()
    {
        var flow = new Flow(100);
        Assert.Null(flow.Arrive(7));
        Assert.Equal(5, flow.Sends);
        Assert.Null(flow.Arrive(5));
        Assert.Equal(6, flow.Sends);
        for (int left = 88; left > 0; left--)
        {
            Assert.Null(flow.Arrive(1));
            Assert.True(flow.Sends >= Math.Min(left - 1, 2)); // the window never falls below two
        }

        Assert.True(flow.IsDone);
    }

    [Fact]
    public void When_nothing_comes_it_waits_twice_as_long_each_time_and_begins_small()
    {
        var flow = new Flow(3);
        Assert.Equal(s_again, flow.Arrive(0));
        Assert.Equal(2 * s_again, flow.Arrive(0));
        Assert.Equal(1, flow.Sends);
        Assert.Null(flow.Arrive(1));
        Assert.Equal(2, flow.Sends);
        Assert.Equal(s_again, flow.Arrive(0)); // what came began the pauses anew
        Assert.False(flow.IsDone);
    }
}
