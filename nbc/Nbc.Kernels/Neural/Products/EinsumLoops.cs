using System.Numerics;

namespace Nbc.Kernels.Neural.Products;

/// <summary>Walks all combinations of the axes of an Einsum.</summary>
/// <remarks>
/// Shape: steps holds, for each operand and then for the output, the elements from one index to the next on each axis;
/// 0 where it does not have the axis. The output is zero at the start.
/// </remarks>
internal static unsafe class EinsumLoops<T>
    where T : unmanaged, INumber<T>
{
    private const int SmallProduct = 64;

    public static void Run(
        KernelContext context, T** operands, int count, T* output, ReadOnlySpan<long> sizes, ReadOnlySpan<long> steps)
    {
        int axes = sizes.Length;
        if (count == 2 && axes >= 2 && TryProduct(context, operands, output, sizes, steps))
        {
            return;
        }

        Span<long> index = stackalloc long[axes];
        Span<long> offsets = stackalloc long[count + 1];
        index.Clear();
        offsets.Clear();
        do
        {
            T product = operands[0][offsets[0]];
            for (int i = 1; i < count; i++)
            {
                product *= operands[i][offsets[i]];
            }

            output[offsets[count]] += product;
        }
        while (Next(sizes, steps, index, offsets));
    }

    // One axis each for rows, columns and depth goes to a matrix product; the others are walked around it.
    private static bool TryProduct(
        KernelContext context, T** operands, T* output, ReadOnlySpan<long> sizes, ReadOnlySpan<long> steps)
    {
        int axes = sizes.Length;
        ReadOnlySpan<long> a = steps[..axes], b = steps.Slice(axes, axes), y = steps[(2 * axes)..];
        int rows = -1, columns = -1, depth = -1;
        for (int i = 0; i < axes; i++)
        {
            bool wide = sizes[i] > 1;
            rows = wide && a[i] != 0 && b[i] == 0 && y[i] != 0 && (rows < 0 || sizes[i] > sizes[rows]) ? i : rows;
            columns = wide && a[i] == 0 && b[i] != 0 && y[i] != 0 && (columns < 0 || y[i] == 1) ? i : columns;
            depth = wide && a[i] != 0 && b[i] != 0 && y[i] == 0 && (depth < 0 || sizes[i] > sizes[depth]) ? i : depth;
        }

        if (rows < 0 || columns < 0 || depth < 0 || sizes[rows] * sizes[columns] * sizes[depth] < SmallProduct)
        {
            return false;
        }

        if (y[columns] != 1)
        {
            // The other way round: rows of the output are columns then.
            int last = -1;
            for (int i = 0; i < axes; i++)
            {
                last = y[i] == 1 && sizes[i] > 1 && a[i] != 0 && b[i] == 0 ? i : last;
            }

            if (last < 0)
            {
                return false;
            }

            Walk(context, ((nint)operands[1], (nint)operands[0], (nint)output), sizes, steps, (1, 0),
                (columns, last, depth));
            return true;
        }

        Walk(context, ((nint)operands[0], (nint)operands[1], (nint)output), sizes, steps, (0, 1),
            (rows, columns, depth));
        return true;
    }

    private static void Walk(
        KernelContext context, (nint A, nint B, nint Y) pointers, ReadOnlySpan<long> sizes, ReadOnlySpan<long> steps,
        (int A, int B) order, (int Rows, int Columns, int Depth) inner)
    {
        int axes = sizes.Length;
        Span<long> outer = stackalloc long[axes];
        Span<long> index = stackalloc long[axes];
        Span<long> offsets = stackalloc long[3];
        sizes.CopyTo(outer);
        outer[inner.Rows] = outer[inner.Columns] = outer[inner.Depth] = 1;
        index.Clear();
        offsets.Clear();
        ReadOnlySpan<long> a = steps.Slice(order.A * axes, axes), b = steps.Slice(order.B * axes, axes);
        ReadOnlySpan<long> y = steps[(2 * axes)..];
        T* room = MatrixProduct<T>.Room(context, (int)sizes[inner.Depth], (int)sizes[inner.Columns]);
        do
        {
            T* left = (T*)pointers.A + offsets[order.A];
            T* right = (T*)pointers.B + offsets[order.B];
            MatrixProduct<T>.Multiply(
                context,
                new Matrix<T>(
                    left, (int)sizes[inner.Rows], (int)sizes[inner.Depth], a[inner.Rows], a[inner.Depth]),
                new Matrix<T>(
                    right, (int)sizes[inner.Depth], (int)sizes[inner.Columns], b[inner.Depth], b[inner.Columns]),
                room, (T*)pointers.Y + offsets[2], y[inner.Rows], add: true, T.One);
        }
        while (Next(outer, steps, index, offsets));
    }

    // Steps to the next combination, the last axis first; false after the last one.
    private static bool Next(
        ReadOnlySpan<long> sizes, ReadOnlySpan<long> steps, Span<long> index, Span<long> offsets)
    {
        int axes = sizes.Length;
        for (int axis = axes - 1; axis >= 0; axis--)
        {
            bool carry = ++index[axis] == sizes[axis];
            for (int i = 0; i < offsets.Length; i++)
            {
                offsets[i] += steps[(i * axes) + axis] * (carry ? 1 - sizes[axis] : 1);
            }

            if (!carry)
            {
                return true;
            }

            index[axis] = 0;
        }

        return false;
    }
}
