namespace NoodleNet.Mesh.Vivaldi;

/// <summary>What two coordinates say of the round trip between their nodes.</summary>
public static class CoordinateSpace
{
    /// <summary>Numbers in a vector.</summary>
    public const int Dimensions = 8;

    /// <summary>Longest round trip that is measured or predicted.</summary>
    public static readonly TimeSpan LongestRoundTrip = TimeSpan.FromSeconds(10);

    internal const double LargestError = 1.5;
    internal const double SmallestHeight = 1e-5;
    internal const double Zero = 1e-6;

    /// <summary>Where every node begins: the origin, knowing nothing.</summary>
    public static NetworkCoordinate Origin { get; } =
        new(new double[Dimensions], LargestError, Adjustment: 0, SmallestHeight);

    /// <summary>True for eight finite numbers, a finite rest and no negative height or error.</summary>
    public static bool IsValid(NetworkCoordinate coordinate)
    {
        ArgumentNullException.ThrowIfNull(coordinate);
        if (coordinate.Vector.Length != Dimensions || !double.IsFinite(coordinate.Adjustment)
            || !double.IsFinite(coordinate.Error) || !double.IsFinite(coordinate.Height)
            || coordinate.Error < 0 || coordinate.Height < 0)
        {
            return false;
        }

        foreach (double part in coordinate.Vector.Span)
        {
            if (!double.IsFinite(part))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The predicted round trip in microseconds; null when a coordinate is not valid or knows
    /// nothing.</summary>
    /// <remarks>Bound: 1 µs to <see cref="LongestRoundTrip"/>.</remarks>
    public static long? PredictMicroseconds(NetworkCoordinate a, NetworkCoordinate b)
    {
        if (!IsValid(a) || !IsValid(b) || a.Error >= LargestError || b.Error >= LargestError)
        {
            return null;
        }

        double microseconds = Distance(a, b) * 1e6;
        return (long)double.Clamp(microseconds, 1, LongestRoundTrip.TotalMicroseconds);
    }

    /// <summary>Seconds between two valid coordinates, with the adjustments unless they make it negative.</summary>
    internal static double Distance(NetworkCoordinate a, NetworkCoordinate b)
    {
        double raw = RawDistance(a, b);
        double adjusted = raw + a.Adjustment + b.Adjustment;
        return adjusted > 0 ? adjusted : raw;
    }

    internal static double RawDistance(NetworkCoordinate a, NetworkCoordinate b)
    {
        ReadOnlySpan<double> left = a.Vector.Span;
        ReadOnlySpan<double> right = b.Vector.Span;
        double sum = 0;
        for (int i = 0; i < left.Length; i++)
        {
            double gap = left[i] - right[i];
            sum += gap * gap;
        }

        return Math.Sqrt(sum) + a.Height + b.Height;
    }
}
