using NoodleNet.Discovery;

namespace NoodleNet.Simulation.Swim;

/// <summary>Sees what the hosts of a cluster do; changes nothing.</summary>
public interface ISwimObserver
{
    /// <summary>A host did what its machine asked.</summary>
    void Saw(SwimHost host, SwimEffect effect);

    /// <summary>A step is over: an input or a deadline, and all its effects.</summary>
    void Stepped(SwimHost host);

    /// <summary>A host begins a life.</summary>
    void Started(SwimHost host);
}
