namespace Nbc.Kernels.Signal;

/// <summary>The attributes of Resize that say how the elements around a place are weighted.</summary>
/// <remarks>Cost: each result along an axis has as many taps as the others, 2 or 4 unless antialiased.</remarks>
internal sealed class ResizeTaps(KernelAttributes attributes, bool isCubic)
{
    private readonly double _a = attributes.Float("cubic_coeff_a", -0.75);
    private readonly bool _excludesOutside = attributes.Flag("exclude_outside");
    private readonly bool _antialiases = attributes.Flag("antialias");

    /// <summary>Taps of each element of the result.</summary>
    public long Count(in ResizeAxis axis) => 2 - (2 * First(axis));

    /// <summary>Fills in the taps of all elements along an axis.</summary>
    /// <param name="places">In the operand, by element and tap, moved to the border when outside.</param>
    /// <param name="weights">By element and tap.</param>
    /// <param name="outside">For each element whether it lies outside the operand as a whole.</param>
    public void Fill(
        ResizeGeometry geometry, in ResizeAxis axis, Span<int> places, Span<double> weights, Span<bool> outside)
    {
        int count = (int)Count(axis);
        for (int i = 0; i < outside.Length; i++)
        {
            double x = geometry.Source(axis, i);
            outside[i] = geometry.Crops && (x < 0 || x > axis.In - 1);
            Fill(axis, x, places.Slice(i * count, count), weights.Slice(i * count, count));
        }
    }

    // A place between two elements belongs to the left one, up to and with the right one itself.
    private void Fill(in ResizeAxis axis, double x, Span<int> places, Span<double> weights)
    {
        double left = Math.Ceiling(x) - 1, ratio = x - left;
        double stretch = _antialiases ? Math.Min(1, axis.Scale) : 1;
        long first = First(axis);
        double sum = 0;
        for (int i = 0; i < places.Length; i++)
        {
            double place = left + first + i;
            bool isOutside = place < 0 || place > axis.In - 1;
            places[i] = (int)Math.Clamp(place, 0, axis.In - 1);
            weights[i] = isOutside && _excludesOutside ? 0 : Weight(Math.Abs(first + i - ratio) * stretch);
            sum += weights[i];
        }

        if ((_excludesOutside || stretch < 1) && sum != 0)
        {
            foreach (ref double weight in weights)
            {
                weight /= sum;
            }
        }
    }

    // The lowest tap, seen from the element left of the place.
    private long First(in ResizeAxis axis)
    {
        double reach = isCubic ? 2 : 1;
        double stretch = _antialiases ? Math.Min(1, axis.Scale) : 1;
        return (long)Math.Floor(-reach / stretch) + 1;
    }

    private double Weight(double distance)
    {
        if (!isCubic)
        {
            return Math.Max(0, 1 - distance);
        }

        return distance switch
        {
            <= 1 => ((((_a + 2) * distance) - (_a + 3)) * distance * distance) + 1,
            < 2 => (((((_a * distance) - (5 * _a)) * distance) + (8 * _a)) * distance) - (4 * _a),
            _ => 0,
        };
    }
}
