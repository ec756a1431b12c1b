namespace Nbc.Kernels.Signal.Images;

/// <summary>Channels of a JPEG file at full size, and their colours.</summary>
/// <remarks>
/// Meaning: a channel of half the size is stretched by a triangle: three parts of the nearer sample, one of the
/// farther, rounded up and down in turn; other sizes repeat samples. Colours by ITU-R BT.601 in 16-bit fractions.
/// Source: JFIF 1.02.
/// </remarks>
internal static class JpegColours
{
    private const int Half = 1 << 15, RedOfCr = 91881, BlueOfCb = 116130, GreenOfCr = 46802, GreenOfCb = 22554;

    /// <summary>The samples of a channel, as many as the picture has.</summary>
    /// <param name="stride">From one row of samples to the next.</param>
    public static byte[] Stretch(
        JpegComponent component, byte[] samples, int stride, (int Across, int Down) by, int width, int height)
    {
        if (by is (1, 1))
        {
            return Repeat(samples, stride, by, width, height);
        }

        bool isSmooth = by.Across <= 2 && by.Down <= 2 && (by.Across == 1 || component.Width > 2);
        if (!isSmooth)
        {
            return Repeat(samples, stride, by, width, height);
        }

        byte[] stretched = new byte[width * height];
        int[] sums = new int[component.Width];
        int[] line = new int[component.Width * by.Across];
        for (int y = 0; y < height; y++)
        {
            int near = y / by.Down;
            int far = by.Down == 1 ? near : Math.Clamp(y % 2 == 0 ? near - 1 : near + 1, 0, component.Height - 1);
            for (int x = 0; x < sums.Length; x++)
            {
                int sample = samples[(near * stride) + x];
                sums[x] = by.Down == 1 ? sample : (3 * sample) + samples[(far * stride) + x];
            }

            Line(sums, line, by, y);
            for (int x = 0; x < width; x++)
            {
                stretched[(y * width) + x] = (byte)line[x];
            }
        }

        return stretched;
    }

    // Sums of one sample, or of four in both directions.
    private static void Line(int[] sums, int[] line, (int Across, int Down) by, int y)
    {
        if (by.Across == 1)
        {
            for (int x = 0; x < sums.Length; x++)
            {
                line[x] = (sums[x] + (y % 2 == 0 ? 1 : 2)) >> 2;
            }

            return;
        }

        (int shift, int left, int right) = by.Down == 1 ? (2, 1, 2) : (4, 8, 7);
        int last = sums.Length - 1;
        for (int x = 0; x <= last; x++)
        {
            line[2 * x] = ((3 * sums[x]) + sums[Math.Max(x - 1, 0)] + left) >> shift;
            line[(2 * x) + 1] = ((3 * sums[x]) + sums[Math.Min(x + 1, last)] + right) >> shift;
        }
    }

    private static byte[] Repeat(byte[] samples, int stride, (int Across, int Down) by, int width, int height)
    {
        byte[] repeated = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                repeated[(y * width) + x] = samples[(y / by.Down * stride) + (x / by.Across)];
            }
        }

        return repeated;
    }

    public static void FromYcc(byte[] luma, byte[] blue, byte[] red, Span<byte> pixels)
    {
        for (int i = 0; i < luma.Length; i++)
        {
            int y = luma[i], cb = blue[i] - 128, cr = red[i] - 128;
            pixels[3 * i] = Clamp(y + (((RedOfCr * cr) + Half) >> 16));
            pixels[(3 * i) + 1] = Clamp(y + ((Half - (GreenOfCb * cb) - (GreenOfCr * cr)) >> 16));
            pixels[(3 * i) + 2] = Clamp(y + (((BlueOfCb * cb) + Half) >> 16));
        }
    }

    private static byte Clamp(int value) => (byte)Math.Clamp(value, 0, 255);
}
