using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Comparison;

/// <summary>How far two values lie apart.</summary>
internal static class ValueErrors
{
    /// <returns>The largest difference of two elements, and the same as a part of the largest expected number; NaN
    /// where there is no such number.</returns>
    public static (double Absolute, double Relative) Largest(NbcValue? actual, NbcValue? expected)
    {
        if (actual is not TensorValue a || expected is not TensorValue e || a.Type != e.Type ||
            a.Type == ElementType.String || !a.Shape.SequenceEqual(e.Shape))
        {
            return (double.NaN, double.NaN);
        }

        int count = a.Count * (a.Type is ElementType.Complex64 or ElementType.Complex128 ? 2 : 1);
        double largest = 0, error = 0;
        for (int i = 0; i < count; i++)
        {
            double x = ValueComparison.Number(a, i), y = ValueComparison.Number(e, i);
            largest = double.IsFinite(y) ? Math.Max(largest, Math.Abs(y)) : largest;
            error = x.Equals(y) ? error : Math.Max(error, Math.Abs(x - y)); // infinity less infinity is no number
        }

        return (error, error == 0 ? 0 : error / largest);
    }
}
