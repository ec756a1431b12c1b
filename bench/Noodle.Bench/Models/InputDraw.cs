using Nbc.Tensors;
using Nbc.Values;
using Noodle.Primitives;

namespace Noodle.Bench.Models;

/// <summary>Values for inputs, from a seed: numbers, or what a picture of text or a sound look like.</summary>
internal static class InputDraw
{
    private const int Words = 1000; // in every vocabulary
    private const int CellHeight = 24, CellWidth = 12;

    /// <param name="kind"><c>page</c>, <c>sound</c>, or null for numbers from -1 to 1.</param>
    /// <param name="fixedValue">What every element is, when not null.</param>
    /// <exception cref="InvalidOperationException">There is nothing to draw for this element type.</exception>
    public static void Fill(TensorValue value, string name, string? kind, double? fixedValue, Prng prng)
    {
        switch (value.Type)
        {
            case ElementType.Float32 when fixedValue is null && kind == "page":
                FillPage(value, prng);
                break;
            case ElementType.Float32 when fixedValue is null && kind == "sound":
                FillSound(value.Span<float>(), prng);
                break;
            case ElementType.Float32:
                foreach (ref float number in value.Span<float>())
                {
                    number = (float)(fixedValue ?? ((2 * prng.NextDouble()) - 1));
                }

                break;
            case ElementType.Int64:
                FillIds(value.Span<long>(), name, fixedValue, prng);
                break;
            case ElementType.Bool:
                value.Bytes().Fill((byte)(fixedValue ?? prng.Next(2)));
                break;
            default:
                throw new InvalidOperationException($"no values are drawn for {value.Type}, which {name} is");
        }
    }

    // A mask hides every eighth place; other whole numbers are words, or one of two types.
    private static void FillIds(Span<long> ids, string name, double? fixedValue, Prng prng)
    {
        bool isMask = name.Contains("mask", StringComparison.Ordinal);
        int limit = name.Contains("type", StringComparison.Ordinal) ? 2 : Words;
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = fixedValue is { } given ? (long)given : isMask ? (i % 8 == 7 ? 0 : 1) : prng.Next(limit);
        }
    }

    // Dark strokes on white, in cells like those of letters; some cells and every second line stay white.
    private static void FillPage(TensorValue value, Prng prng)
    {
        int width = (int)value.Shape[^1], height = (int)value.Shape[^2], plane = width * height;
        Span<float> pixels = value.Span<float>();
        pixels.Fill(1);
        for (int top = 4; top + CellHeight <= height; top += 2 * CellHeight)
        {
            for (int left = 8; left + CellWidth <= width - 8; left += CellWidth)
            {
                for (int stroke = prng.Next(4); stroke > 0; stroke--)
                {
                    bool isUpright = prng.Next(2) == 0;
                    int x = left + prng.Next(CellWidth - 4), y = top + prng.Next(CellHeight - 4);
                    int right = isUpright ? x + 2 : left + CellWidth - 2, end = isUpright ? top + CellHeight : y + 3;
                    for (int row = isUpright ? top : y; row < end; row++)
                    {
                        for (int at = isUpright ? x : left; at < right; at++)
                        {
                            pixels[(row * width) + at] = -1;
                        }
                    }
                }
            }
        }

        for (int first = plane; first < pixels.Length; first += plane)
        {
            pixels[..plane].CopyTo(pixels[first..]);
        }
    }

    // Four tones and a little noise, as loud as speech.
    private static void FillSound(Span<float> samples, Prng prng)
    {
        Span<double> steps = stackalloc double[4];
        foreach (ref double step in steps)
        {
            step = 0.02 + (0.5 * prng.NextDouble());
        }

        for (int i = 0; i < samples.Length; i++)
        {
            double sum = 0.02 * ((2 * prng.NextDouble()) - 1);
            foreach (double step in steps)
            {
                sum += 0.08 * Math.Sin(i * step);
            }

            samples[i] = (float)sum;
        }
    }
}
