using Noodle.Primitives;

namespace NoodleNet.Simulation;

/// <summary>One seed, and a generator of its own for each purpose that has a name.</summary>
/// <remarks>Meaning: a stream depends on the seed and its name alone, so that a new purpose moves no other.</remarks>
public sealed class SeedStreams(ulong seed)
{
    public ulong Seed => seed;

    public Prng this[string purpose]
    {
        get
        {
            var hash = new TraceHash();
            hash.Add(seed);
            hash.Add(purpose);
            return new Prng(hash.Value);
        }
    }
}
