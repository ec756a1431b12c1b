namespace Noodle.Cli.Inputs;

/// <summary>
/// Resizes a picture: averages over areas where it shrinks, bilinear where it grows, each axis by itself.
/// </summary>
internal static class ImageResize
{
    /// <summary>Resizes.</summary>
    /// <param name="pixels">Rows of pixels of <paramref name="channels"/> bytes.</param>
    /// <returns>The same layout in the new size, 0 to 255.</returns>
    public static float[] Resize(byte[] pixels, int width, int height, int channels, int newWidth, int newHeight)
    {
        float[] source = new float[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            source[i] = pixels[i];
        }

        // Along x each row is an array of pixels; along y the whole picture is one array of rows.
        float[] wide = ResizeAxis(source, height, width, channels, newWidth);
        return ResizeAxis(wide, 1, height, newWidth * channels, newHeight);
    }

    private static float[] ResizeAxis(float[] source, int outer, int length, int inner, int newLength)
    {
        if (length == newLength)
        {
            return source;
        }

        float[] target = new float[(long)outer * newLength * inner];
        double ratio = (double)length / newLength;
        for (int to = 0; to < newLength; to++)
        {
            // The stretch of the source that this element covers; a growing one looks one element to either side.
            double middle = (to + 0.5) * ratio, half = Math.Max(ratio, 1) / 2;
            int first = (int)Math.Floor(middle - half), last = (int)Math.Ceiling(middle + half) - 1;
            for (int from = first; from <= last; from++)
            {
                double covered = Math.Min(from + 1, middle + half) - Math.Max(from, middle - half);
                float weight = (float)(covered / (2 * half));
                int inside = Math.Clamp(from, 0, length - 1);
                for (int row = 0; row < outer; row++)
                {
                    Add(source.AsSpan(((row * length) + inside) * inner, inner),
                        target.AsSpan(((row * newLength) + to) * inner, inner), weight);
                }
            }
        }

        return target;
    }

    private static void Add(ReadOnlySpan<float> source, Span<float> target, float weight)
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] += source[i] * weight;
        }
    }
}
