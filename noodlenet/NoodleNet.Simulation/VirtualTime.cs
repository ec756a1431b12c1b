using Noodle.Primitives;

namespace NoodleNet.Simulation;

/// <summary>The only clock of a simulation: it moves when the simulation says so.</summary>
public sealed class VirtualTime
{
    /// <summary>Now.</summary>
    public Instant Now { get; private set; }

    /// <summary>Moves on; never back.</summary>
    public void AdvanceTo(Instant instant)
    {
        if (instant > Now)
        {
            Now = instant;
        }
    }
}
