using Noodle.Primitives;

namespace NoodleNet.Simulation.Tests;

public sealed class VirtualTimeTests
{
    [Fact]
    public void Time_never_goes_back()
    {
        var time = new VirtualTime();
        Instant later = time.Now + TimeSpan.FromSeconds(2);
        time.AdvanceTo(later);
        time.AdvanceTo(later - TimeSpan.FromSeconds(1));
        Assert.Equal(later, time.Now);
    }
}
