namespace Nbc.Kernels.Iteration;

/// <summary>Random numbers from a seed, without an object: equal seeds give equal numbers.</summary>
/// <remarks>Source: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (SplitMix64).</remarks>
internal struct RandomStream(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state = seed;

    public ulong NextBits()
    {
        _state += Step;
        ulong bits = _state;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>From 0 to below 1, in steps of 2^-53.</summary>
    public double NextReal() => (NextBits() >> 11) * (1.0 / (1UL << 53));
}
