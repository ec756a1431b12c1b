namespace Nbc.Kernels.Signal.Images;

/// <summary>The inverse cosine transform of 8 by 8 coefficients, in whole numbers.</summary>
/// <remarks>
/// Meaning: by the eleven multiplications of Loeffler, Ligtenberg and Moschytz, with constants of 13 bits and two bits
/// more between columns and rows: bit for bit what the decoders give that people compare with.
/// Source: ITU-T T.81, A.3.3; "Practical fast 1-D DCT algorithms with 11 multiplications", 1989.
/// </remarks>
internal static class JpegTransform
{
    private const int ConstantBits = 13, MoreBits = 2, Middle = 128;

    private const int C0298 = 2446, C0390 = 3196, C0541 = 4433, C0765 = 6270, C0899 = 7373, C1175 = 9633,
        C1501 = 12299, C1847 = 15137, C1961 = 16069, C2053 = 16819, C2562 = 20995, C3072 = 25172;

    /// <param name="coefficients">64 of them, row by row.</param>
    /// <param name="steps">The quantisation, in the same order.</param>
    /// <param name="samples">Where the block goes.</param>
    /// <param name="stride">From one row of samples to the next.</param>
    public static void Inverse(
        ReadOnlySpan<short> coefficients, ReadOnlySpan<int> steps, Span<byte> samples, int stride)
    {
        Span<int> block = stackalloc int[64];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = coefficients[i] * steps[i];
        }

        for (int column = 0; column < 8; column++)
        {
            Line(block, column, 8, ConstantBits - MoreBits);
        }

        for (int row = 0; row < 8; row++)
        {
            Line(block, row * 8, 1, ConstantBits + MoreBits + 3);
            for (int i = 0; i < 8; i++)
            {
                samples[(row * stride) + i] = (byte)Math.Clamp(block[(row * 8) + i] + Middle, 0, 255);
            }
        }
    }

    // Eight numbers, a step apart, in place.
    private static void Line(Span<int> block, int at, int step, int shift)
    {
        int x0 = block[at], x1 = block[at + step], x2 = block[at + (2 * step)], x3 = block[at + (3 * step)],
            x4 = block[at + (4 * step)], x5 = block[at + (5 * step)], x6 = block[at + (6 * step)],
            x7 = block[at + (7 * step)];
        int turned = (x2 + x6) * C0541;
        int low = turned - (x6 * C1847), high = turned + (x2 * C0765);
        int sum = (x0 + x4) << ConstantBits, difference = (x0 - x4) << ConstantBits;
        int even0 = sum + high, even1 = difference + low, even2 = difference - low, even3 = sum - high;

        int both = (x7 + x3 + x5 + x1) * C1175;
        int z1 = (x7 + x1) * -C0899, z2 = (x5 + x3) * -C2562;
        int z3 = both - ((x7 + x3) * C1961), z4 = both - ((x5 + x1) * C0390);
        int odd0 = (x1 * C1501) + z1 + z4, odd1 = (x3 * C3072) + z2 + z3;
        int odd2 = (x5 * C2053) + z2 + z4, odd3 = (x7 * C0298) + z1 + z3;

        int half = 1 << (shift - 1);
        block[at] = (even0 + odd0 + half) >> shift;
        block[at + step] = (even1 + odd1 + half) >> shift;
        block[at + (2 * step)] = (even2 + odd2 + half) >> shift;
        block[at + (3 * step)] = (even3 + odd3 + half) >> shift;
        block[at + (4 * step)] = (even3 - odd3 + half) >> shift;
        block[at + (5 * step)] = (even2 - odd2 + half) >> shift;
        block[at + (6 * step)] = (even1 - odd1 + half) >> shift;
        block[at + (7 * step)] = (even0 - odd0 + half) >> shift;
    }
}
