using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Which elements, with which weights, make up a place that a grid names.</summary>
internal sealed class GridPlaces(KernelAttributes attributes)
{
    private const int Zeros = 0, Border = 1;
    private const double MostExact = 1L << 32;
    private const double KeysA = -0.75; // of cubic convolution, as ONNX fixes it here

    private readonly int _perAxis = attributes.Choice("mode", "linear", "nearest", "cubic") switch
    {
        0 => 2,
        1 => 1,
        _ => 4,
    };

    private readonly int _padding = attributes.Choice("padding_mode", "zeros", "border", "reflection");
    private readonly bool _alignsCorners = attributes.Flag("align_corners");

    public bool IsNearest => _perAxis == 1;

    public int Taps(int axes)
    {
        int taps = 1;
        for (int i = 0; i < axes; i++)
        {
            taps *= _perAxis;
        }

        return taps;
    }

    /// <param name="first">Of the numbers in the grid that name the place.</param>
    /// <param name="sizes">Of the axes.</param>
    /// <param name="offsets">Unit: elements; -1 where there is none, which counts as 0.</param>
    public void Find(TensorValue grid, int first, ReadOnlySpan<long> sizes, Span<int> offsets, Span<double> weights)
    {
        Span<long> places = stackalloc long[4];
        Span<double> shares = stackalloc double[4];
        int taps = 1;
        (offsets[0], weights[0]) = (0, 1);
        for (int axis = 0; axis < sizes.Length; axis++)
        {
            double place = Scalars.ToDouble(grid, first + sizes.Length - 1 - axis);
            OfAxis(Denormalize(place, sizes[axis]), sizes[axis], sizes.Length, places, shares);
            // From the back, so that what is read is not yet overwritten.
            for (int tap = taps - 1; tap >= 0; tap--)
            {
                (int offset, double weight) = (offsets[tap], weights[tap]);
                for (int i = _perAxis - 1; i >= 0; i--)
                {
                    bool isNone = offset < 0 || places[i] < 0;
                    offsets[(tap * _perAxis) + i] = isNone ? -1 : (int)((offset * sizes[axis]) + places[i]);
                    weights[(tap * _perAxis) + i] = weight * shares[i];
                }
            }

            taps *= _perAxis;
        }
    }

    private double Denormalize(double place, long size)
    {
        double x = _alignsCorners ? (place + 1) / 2 * (size - 1) : (((place + 1) * size) - 1) / 2;
        return double.IsNaN(x) ? Low : x;
    }

    private double Low => _alignsCorners ? 0 : -0.5;

    private double High(long size) => _alignsCorners ? size - 1 : size - 0.5;

    private void OfAxis(double x, long size, int axes, Span<long> places, Span<double> shares)
    {
        if (_perAxis == 1)
        {
            x = Math.Round(x, axes == 3 ? MidpointRounding.AwayFromZero : MidpointRounding.ToEven);
        }

        // Cubic weights are those of the place itself, as in the frameworks that models come from: elements alone move
        // in, unless the place is so far that it has no fraction.
        bool moves = _perAxis != 4 || Math.Abs(x) > MostExact;
        x = moves && (x < Low || x > High(size)) ? Inside(x, size) : x;
        double left = Math.Floor(x), ratio = x - left;
        if (_perAxis == 1)
        {
            (places[0], shares[0]) = (Element(x, size), 1);
            return;
        }

        for (int i = 0; i < _perAxis; i++)
        {
            double place = left + i - (_perAxis == 4 ? 1 : 0);
            places[i] = Element(place, size);
            double distance = Math.Abs(place - x);
            shares[i] = _perAxis == 2 ? (i == 0 ? 1 - ratio : ratio) : Cubic(distance);
        }
    }

    private static double Cubic(double x) => x <= 1
        ? ((((KeysA + 2) * x) - (KeysA + 3)) * x * x) + 1
        : x < 2 ? (((((KeysA * x) - (5 * KeysA)) * x) + (8 * KeysA)) * x) - (4 * KeysA) : 0;

    private double Inside(double x, long size) => _padding switch
    {
        Zeros => x,
        Border => Math.Clamp(x, 0, size - 1),
        _ => Reflect(x, size),
    };

    // The element at a whole place, or -1.
    private long Element(double place, long size)
    {
        if (place < 0 || place > size - 1)
        {
            if (_padding == Zeros)
            {
                return -1;
            }

            place = Math.Clamp(Math.Truncate(Inside(place, size)), 0, size - 1);
        }

        return (long)place;
    }

    private double Reflect(double x, long size)
    {
        double low = Low, high = High(size), range = high - low;
        if (x >= low && x <= high)
        {
            return x;
        }

        if (range <= 0 || double.IsInfinity(x))
        {
            return low;
        }

        double beyond = x < low ? low - x : x - high;
        double times = Math.Floor(beyond / range), rest = beyond - (times * range);
        return (x < low) == (times % 2 == 0) ? low + rest : high - rest;
    }
}
