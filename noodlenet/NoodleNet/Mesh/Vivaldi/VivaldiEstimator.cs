using Noodle.Primitives;

namespace NoodleNet.Mesh.Vivaldi;

/// <summary>What became of one measurement.</summary>
public enum CoordinateFault
{
    /// <summary>It moved the coordinate.</summary>
    None,

    /// <summary>The peer's coordinate has another number of dimensions or a number that is none.</summary>
    InvalidCoordinate,

    /// <summary>The round trip is negative or longer than ten seconds.</summary>
    InvalidRoundTrip,

    /// <summary>The result was no number: the coordinate began anew at the origin.</summary>
    Reset,
}

/// <summary>Works out this node's coordinate from round trips to peers that tell theirs.</summary>
/// <remarks>
/// Meaning: each measurement is a spring between two nodes. One too short for its round trip pushes this node away, one
/// too long pulls it near; who is unsure moves far, and a pull towards the origin keeps the whole from drifting.
/// Compatible: the same numbers as a Serf agent makes, so that agents and nodes can be predicted from each other.
/// Bound: 20,000 peers in the filter; 20 samples of the adjustment. Cost: a few hundred nanoseconds a measurement.
/// Source: Dabek, Cox, Kaashoek, Morris, "Vivaldi", SIGCOMM 2004; Ledlie, Gardner, Seltzer, NSDI 2007.
/// </remarks>
public sealed class VivaldiEstimator(Prng chance, int capacity = NodeLoadTable.DefaultCapacity)
{
    private const double ErrorGain = 0.25;
    private const double ForceGain = 0.25;
    private const double GravityReach = 150;
    private const int AdjustmentWindow = 20;

    private readonly RoundTripFilter _filter = new(capacity);
    private readonly double[] _adjustments = new double[AdjustmentWindow];
    private int _nextAdjustment;

    /// <summary>This node's coordinate: a value of its own, which never changes.</summary>
    public NetworkCoordinate Current { get; private set; } = CoordinateSpace.Origin;

    /// <summary>Peers whose round trips are filtered.</summary>
    public int Peers => _filter.Count;

    /// <summary>Takes one round trip to a peer, and the coordinate that the peer told with it.</summary>
    /// <param name="peer">The peer's name.</param>
    public CoordinateFault Observe(string peer, NetworkCoordinate theirs, TimeSpan roundTrip)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (!CoordinateSpace.IsValid(theirs))
        {
            return CoordinateFault.InvalidCoordinate;
        }

        if (roundTrip < TimeSpan.Zero || roundTrip > CoordinateSpace.LongestRoundTrip)
        {
            return CoordinateFault.InvalidRoundTrip;
        }

        double seconds = double.Max(_filter.Add(peer, roundTrip.TotalSeconds), CoordinateSpace.Zero);
        NetworkCoordinate next = Adjust(Pull(Current, theirs, seconds), theirs, seconds);
        next = Apply(next, CoordinateSpace.Origin, Gravity(next));
        if (CoordinateSpace.IsValid(next))
        {
            Current = next;
            return CoordinateFault.None;
        }

        Reset();
        return CoordinateFault.Reset;
    }

    /// <summary>Begins anew at the origin: for a machine that has moved to another network.</summary>
    public void Reset()
    {
        Current = CoordinateSpace.Origin;
        Array.Clear(_adjustments);
        _nextAdjustment = 0;
    }

    /// <summary>Drops what is kept of a peer that is gone.</summary>
    public void Forget(string peer) => _filter.Forget(peer);

    private NetworkCoordinate Pull(NetworkCoordinate ours, NetworkCoordinate theirs, double seconds)
    {
        double distance = CoordinateSpace.Distance(ours, theirs);
        double wrongness = Math.Abs(distance - seconds) / seconds;
        double total = double.Max(ours.Error + theirs.Error, CoordinateSpace.Zero);
        double weight = ours.Error / total;
        double error = (ErrorGain * weight * wrongness) + (ours.Error * (1 - (ErrorGain * weight)));
        return Apply(
            ours with { Error = double.Min(error, CoordinateSpace.LargestError) },
            theirs, ForceGain * weight * (seconds - distance));
    }

    private NetworkCoordinate Adjust(NetworkCoordinate ours, NetworkCoordinate theirs, double seconds)
    {
        _adjustments[_nextAdjustment] = seconds - CoordinateSpace.RawDistance(ours, theirs);
        _nextAdjustment = (_nextAdjustment + 1) % AdjustmentWindow;
        double sum = 0;
        foreach (double adjustment in _adjustments)
        {
            sum += adjustment;
        }

        return ours with { Adjustment = sum / (2 * AdjustmentWindow) };
    }

    private static double Gravity(NetworkCoordinate ours)
    {
        double far = CoordinateSpace.Distance(CoordinateSpace.Origin, ours) / GravityReach;
        return -far * far;
    }

    // Moves away from the other coordinate by the force, in seconds; towards it when negative.
    private NetworkCoordinate Apply(NetworkCoordinate ours, NetworkCoordinate theirs, double force)
    {
        Span<double> direction = stackalloc double[CoordinateSpace.Dimensions];
        double apart = Subtract(ours.Vector.Span, theirs.Vector.Span, direction);
        double length = apart;
        while (length <= CoordinateSpace.Zero)
        {
            foreach (ref double part in direction) // two nodes in one place part in a random direction
            {
                part = chance.NextDouble() - 0.5;
            }

            length = Length(direction);
        }

        double[] moved = ours.Vector.ToArray();
        for (int i = 0; i < moved.Length; i++)
        {
            moved[i] += direction[i] / length * force;
        }

        double height = apart > CoordinateSpace.Zero
            ? double.Max(CoordinateSpace.SmallestHeight,
                ((ours.Height + theirs.Height) * force / apart) + ours.Height)
            : ours.Height;
        return ours with { Vector = moved, Height = height };
    }

    private static double Subtract(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> difference)
    {
        for (int i = 0; i < difference.Length; i++)
        {
            difference[i] = a[i] - b[i];
        }

        return Length(difference);
    }

    private static double Length(ReadOnlySpan<double> vector)
    {
        double sum = 0;
        foreach (double part in vector)
        {
            sum += part * part;
        }

        return Math.Sqrt(sum);
    }
}
