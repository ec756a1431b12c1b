using System.Numerics;

namespace Noodle.Primitives;

/// <summary>The numbers of <see cref="Prng"/> without an object, for whoever draws on its own stack.</summary>
/// <remarks>
/// Meaning: a copy draws what the original would have drawn; hand it on by reference. The value made without a seed
/// draws nothing but zeros.
/// Source: as <see cref="Prng"/>.
/// </remarks>
public struct PrngState
{
    private ulong _a, _b, _c, _d;

    /// <summary>The same seed gives the same sequence.</summary>
    public PrngState(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>A number from 0 up to, and without, 1, with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1ul << 53));

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
