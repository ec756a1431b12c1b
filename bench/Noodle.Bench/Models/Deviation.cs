using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;

namespace Noodle.Bench.Models;

/// <summary>How far outputs lie apart.</summary>
/// <param name="OfLargest">The largest difference as a part of the largest expected number.</param>
/// <param name="OfAllowed">The largest difference as a part of what is allowed at its place; above 1 is wrong.</param>
/// <param name="Fault">A sentence when they are not equal.</param>
internal sealed record Deviation(double OfLargest, double OfAllowed, string? Fault)
{
    public static readonly Deviation None = new(0, 0, null);

    public Deviation Or(Deviation other) => new(
        Math.Max(OfLargest, other.OfLargest), Math.Max(OfAllowed, other.OfAllowed), Fault ?? other.Fault);

    public static Deviation Of(string output, NbcValue? actual, NbcValue? expected, Tolerance tolerance)
    {
        string? fault = ValueComparison.Difference(actual, expected, tolerance) is { } difference
            ? $"{output}: {difference}"
            : null;
        if (actual is not TensorValue { Type: ElementType.Float32 } a ||
            expected is not TensorValue { Type: ElementType.Float32 } e || a.Count != e.Count)
        {
            return new(0, fault is null ? 0 : double.PositiveInfinity, fault);
        }

        ReadOnlySpan<float> given = a.Span<float>(), wanted = e.Span<float>();
        double largest = 0, apart = 0, ofAllowed = 0;
        foreach (float number in wanted)
        {
            largest = float.IsFinite(number) ? Math.Max(largest, Math.Abs(number)) : largest;
        }

        for (int i = 0; i < given.Length; i++)
        {
            double off = Math.Abs((double)given[i] - wanted[i]);
            if (off > 0)
            {
                double allowed =
                    tolerance.Absolute + (tolerance.Relative * Math.Abs(wanted[i])) + (tolerance.OfLargest * largest);
                apart = Math.Max(apart, off);
                ofAllowed = Math.Max(ofAllowed, off / allowed);
            }
        }

        return new(largest > 0 ? apart / largest : apart, ofAllowed, fault);
    }
}
