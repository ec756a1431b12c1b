using System.Globalization;
using System.Numerics;
using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Backends.Conformance;

/// <summary>Compares what an engine gave with what it should have given.</summary>
public static class ValueComparison
{
    /// <returns>The first difference as a sentence; null when there is none.</returns>
    public static string? Difference(NbcValue? actual, NbcValue? expected, Tolerance tolerance) =>
        (actual, expected) switch
    {
        (OptionalValue a, _) => Difference(a.Content, expected is OptionalValue e ? e.Content : expected, tolerance),
        (_, OptionalValue e) => Difference(actual, e.Content, tolerance),
        (null, null) => null,
        (TensorValue a, TensorValue e) => Difference(a, e, tolerance),
        (SequenceValue a, SequenceValue e) => Difference(a, e, tolerance),
        (MapValue a, MapValue e) => Difference(a.Keys, e.Keys, tolerance) ?? Difference(a.Values, e.Values, tolerance),
        _ => $"it is {Kind(actual)}, not {Kind(expected)}",
    };

    /// <summary>Element <paramref name="index"/> as a number; complex numbers count two elements each.</summary>
    public static double Number(TensorValue tensor, int index) => tensor.Type switch
    {
        ElementType.Float32 => tensor.Span<float>()[index],
        ElementType.Float64 => tensor.Span<double>()[index],
        ElementType.Float16 => (double)tensor.Span<Half>()[index],
        ElementType.BFloat16 => (float)tensor.Span<BFloat16>()[index],
        ElementType.Int64 => tensor.Span<long>()[index],
        ElementType.UInt64 => tensor.Span<ulong>()[index],
        ElementType.Int32 => tensor.Span<int>()[index],
        ElementType.UInt32 => tensor.Span<uint>()[index],
        ElementType.Int16 => tensor.Span<short>()[index],
        ElementType.UInt16 => tensor.Span<ushort>()[index],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => tensor.Span<sbyte>()[index],
        ElementType.Complex64 => Part(tensor.Span<Vector2>()[index / 2], index),
        ElementType.Complex128 => Part(tensor.Span<Complex>()[index / 2], index),
        { } small when SmallFloats.Has(small) => SmallFloats.Values(small)[tensor.Span<byte>()[index]],
        _ => tensor.Span<byte>()[index],
    };

    private static double Part(Vector2 number, int index) => index % 2 == 0 ? number.X : number.Y;

    private static double Part(Complex number, int index) => index % 2 == 0 ? number.Real : number.Imaginary;

    private static string? Difference(SequenceValue actual, SequenceValue expected, Tolerance tolerance)
    {
        if (actual.Items.Count != expected.Items.Count)
        {
            return $"it has {actual.Items.Count} items, not {expected.Items.Count}";
        }

        for (int i = 0; i < actual.Items.Count; i++)
        {
            if (Difference(actual.Items[i], expected.Items[i], tolerance) is { } difference)
            {
                return $"item {i}: {difference}";
            }
        }

        return null;
    }

    private static string? Difference(TensorValue actual, TensorValue expected, Tolerance tolerance)
    {
        if (actual.Type != expected.Type || !actual.Shape.SequenceEqual(expected.Shape))
        {
            return $"it is {actual}, not {expected}";
        }

        if (actual.Type == ElementType.String)
        {
            return Strings(actual, expected);
        }

        bool isComplex = actual.Type is ElementType.Complex64 or ElementType.Complex128;
        bool isSmall = SmallFloats.Has(actual.Type);
        bool isExact = !isComplex && actual.Type is not (ElementType.Float32 or ElementType.Float64
            or ElementType.Float16 or ElementType.BFloat16) && !isSmall;
        int count = actual.Count * (isComplex ? 2 : 1);
        double largest = isExact ? 0 : Largest(expected, count);
        for (int i = 0; i < count; i++)
        {
            double a = Number(actual, i), e = Number(expected, i);
            bool isEqual = isExact ? Same(actual, expected, i)
                : isSmall ? a.Equals(e) || a == e // neighbours lie further apart than any tolerance
                : tolerance.Accepts(a, e, largest);
            if (!isEqual)
            {
                return string.Create(CultureInfo.InvariantCulture, $"element {i} of {actual} is {a:R}, not {e:R}");
            }
        }

        return null;
    }

    private static bool Same(TensorValue actual, TensorValue expected, int index)
    {
        int size = ElementTypes.SizeOf(actual.Type);
        return actual.Bytes().Slice(index * size, size).SequenceEqual(expected.Bytes().Slice(index * size, size));
    }

    private static double Largest(TensorValue expected, int count)
    {
        double largest = 0;
        for (int i = 0; i < count; i++)
        {
            double size = Math.Abs(Number(expected, i));
            largest = double.IsFinite(size) ? Math.Max(largest, size) : largest;
        }

        return largest;
    }

    private static string? Strings(TensorValue actual, TensorValue expected)
    {
        for (int i = 0; i < actual.Count; i++)
        {
            if (!actual.Strings[i].AsSpan().SequenceEqual(expected.Strings[i]))
            {
                return $"element {i} is '{Encoding.UTF8.GetString(actual.Strings[i])}', " +
                    $"not '{Encoding.UTF8.GetString(expected.Strings[i])}'";
            }
        }

        return null;
    }

    private static string Kind(NbcValue? value) => value switch
    {
        null => "absent",
        TensorValue tensor => tensor.ToString(),
        SequenceValue => "a sequence",
        OptionalValue => "an optional",
        _ => "a map",
    };
}
