namespace Nbc.Tensors;

/// <summary>Arithmetic on shapes that every kernel needs.</summary>
public static class Shapes
{
    /// <summary>Multiplies sizes out; the product of none is 1, with a 0 among them 0 whatever the others are.
    /// </summary>
    /// <exception cref="OverflowException">The product leaves 63 bits.</exception>
    public static long Product(ReadOnlySpan<long> shape)
    {
        if (shape.Contains(0))
        {
            return 0;
        }

        long product = 1;
        foreach (long size in shape)
        {
            product = checked(product * size);
        }

        return product;
    }

    /// <summary>An axis counted from the end when negative; false when it is outside [-rank, rank).</summary>
    public static bool TryNormalizeAxis(long axis, int rank, out int normal)
    {
        normal = (int)(axis < 0 ? axis + rank : axis);
        return axis >= -rank && axis < rank;
    }

    /// <summary>Elements from one index to the next on each axis of a row-major tensor without gaps.</summary>
    public static void Strides(ReadOnlySpan<long> shape, Span<long> strides)
    {
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= shape[i];
        }
    }

    /// <summary>The shape that both broadcast to (numpy's rule); false when they do not go together.</summary>
    /// <param name="result">As long as the longer of the two.</param>
    public static bool TryBroadcast(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> result)
    {
        int rank = Math.Max(a.Length, b.Length);
        for (int i = 0; i < rank; i++)
        {
            long left = i < rank - a.Length ? 1 : a[i - (rank - a.Length)];
            long right = i < rank - b.Length ? 1 : b[i - (rank - b.Length)];
            if (left != right && left != 1 && right != 1)
            {
                return false;
            }

            result[i] = left == 1 ? right : left;
        }

        return true;
    }

    /// <summary>As people read it: <c>[2, 3]</c>.</summary>
    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}
