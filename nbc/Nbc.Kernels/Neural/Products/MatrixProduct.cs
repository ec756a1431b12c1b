using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Nbc.Kernels.Neural.Products;

/// <summary>Products of matrices of any numbers: packed, blocked for the caches, as wide as the machine.</summary>
/// <remarks>
/// Meaning: c[i, j] = alpha * sum over p of a[i, p] * b[p, j], added to c when asked. Integers wrap.
/// Accuracy: sums in T itself, in blocks of <see cref="DepthAtOnce"/> terms; the order of terms is the same for every
/// row.
/// Cost: 2 * rows * columns * depth operations, one copy of b.
/// </remarks>
internal static unsafe class MatrixProduct<T>
    where T : unmanaged, INumberBase<T>
{
    /// <summary>Terms summed before they are added to the result: a panel of that depth fits into 32 KiB.</summary>
    public const int DepthAtOnce = 256;

    private const int ColumnsAtOnce = 1024;

    // A part of one row of the result that stays in the first-level cache while all rows of b pass.
    private const int RowPartAtOnce = 4096;

    /// <summary>Unit: columns.</summary>
    public static int PanelWidth =>
        Vector512.IsHardwareAccelerated ? Tiles<T, Vector512<T>, Lanes512<T>>.PanelWidth
        : Vector256.IsHardwareAccelerated ? Tiles<T, Vector256<T>, Lanes256<T>>.PanelWidth
        : Vector128.IsHardwareAccelerated ? Tiles<T, Vector128<T>, Lanes128<T>>.PanelWidth
        : Tiles<T, T, Lanes1<T>>.PanelWidth;

    /// <summary>Elements that a packed matrix takes.</summary>
    public static long PackedCount(int depth, int columns) =>
        checked((long)depth * ((columns + PanelWidth - 1) / PanelWidth) * PanelWidth);

    /// <summary>Memory of this run in which a right-hand side is packed, block by block.</summary>
    public static T* Room(KernelContext context, int depth, int columns)
    {
        long count = PackedCount(Math.Min(depth, DepthAtOnce), Math.Min(columns, ColumnsAtOnce));
        return ConstantMatrix.First(MemoryMarshal.Cast<byte, T>(context.Scratch(count * sizeof(T))));
    }

    /// <summary>c (+)= alpha * a * b, rows of c <paramref name="rowStep"/> apart.</summary>
    /// <param name="packed">From <see cref="Room"/>; one for many products of the same size.</param>
    public static void Multiply(
        KernelContext context, Matrix<T> a, Matrix<T> b, T* packed, T* c, long rowStep, bool add, T alpha)
    {
        if (a.Columns == 0)
        {
            Clear(a.Rows, b.Columns, c, rowStep, add);
            return;
        }

        if (a.Rows == 1 && a.ColumnStep == 1 && (b.ColumnStep == 1 || b.RowStep == 1))
        {
            MultiplyRow(a, b, c, add, alpha);
            return;
        }

        for (int left = 0; left < b.Columns; left += ColumnsAtOnce)
        {
            int columns = Math.Min(ColumnsAtOnce, b.Columns - left);
            for (int top = 0; top < b.Rows; top += DepthAtOnce)
            {
                context.ThrowIfCancelled();
                int depth = Math.Min(DepthAtOnce, b.Rows - top);
                T* first = b.First + (top * b.RowStep) + (left * b.ColumnStep);
                Pack(new Matrix<T>(first, depth, columns, b.RowStep, b.ColumnStep), packed);
                Block(
                    new Matrix<T>(a.First + (top * a.ColumnStep), a.Rows, depth, a.RowStep, a.ColumnStep),
                    packed, (long)depth * PanelWidth, columns, c + left, rowStep, add || top > 0, alpha);
            }
        }
    }

    /// <summary>As above, with a right-hand side that was packed whole.</summary>
    public static void Multiply(
        KernelContext context, Matrix<T> a, PackedMatrix<T> b, T* c, long rowStep, bool add, T alpha)
    {
        if (a.Columns == 0)
        {
            Clear(a.Rows, b.Columns, c, rowStep, add);
            return;
        }

        for (int top = 0; top < b.Depth; top += DepthAtOnce)
        {
            context.ThrowIfCancelled();
            int depth = Math.Min(DepthAtOnce, b.Depth - top);
            Block(
                new Matrix<T>(a.First + (top * a.ColumnStep), a.Rows, depth, a.RowStep, a.ColumnStep),
                b.First + ((long)top * PanelWidth), (long)b.Depth * PanelWidth, b.Columns, c, rowStep,
                add || top > 0, alpha);
        }
    }

    /// <summary>Rearranges b into panels, as <see cref="PackedMatrix{T}"/> says.</summary>
    public static void Pack(Matrix<T> b, T* packed)
    {
        for (int left = 0; left < b.Columns; left += PanelWidth)
        {
            int width = Math.Min(PanelWidth, b.Columns - left);
            T* source = b.First + (left * b.ColumnStep);
            for (int row = 0; row < b.Rows; row++, packed += PanelWidth, source += b.RowStep)
            {
                Span<T> target = new(packed, PanelWidth);
                if (b.ColumnStep == 1)
                {
                    new ReadOnlySpan<T>(source, width).CopyTo(target);
                }
                else
                {
                    for (int i = 0; i < width; i++)
                    {
                        target[i] = source[i * b.ColumnStep];
                    }
                }

                target[width..].Clear();
            }
        }
    }

    /// <summary>One block of depth by the widest vectors of this machine.</summary>
    public static void Block(
        Matrix<T> a, T* packed, long panelStep, int columns, T* c, long rowStep, bool add, T alpha)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Tiles<T, Vector512<T>, Lanes512<T>>.Multiply(a, packed, panelStep, columns, c, rowStep, add, alpha);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Tiles<T, Vector256<T>, Lanes256<T>>.Multiply(a, packed, panelStep, columns, c, rowStep, add, alpha);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Tiles<T, Vector128<T>, Lanes128<T>>.Multiply(a, packed, panelStep, columns, c, rowStep, add, alpha);
        }
        else
        {
            Tiles<T, T, Lanes1<T>>.Multiply(a, packed, panelStep, columns, c, rowStep, add, alpha);
        }
    }

    // One row is not worth the packing: b is read once, where it lies.
    private static void MultiplyRow(Matrix<T> a, Matrix<T> b, T* c, bool add, T alpha)
    {
        Span<T> target = new(c, b.Columns);
        if (b.ColumnStep != 1)
        {
            for (int i = 0; i < target.Length; i++)
            {
                T dot = alpha * TensorPrimitives.Dot(
                    new ReadOnlySpan<T>(a.First, a.Columns), new ReadOnlySpan<T>(b.First + (i * b.ColumnStep), b.Rows));
                target[i] = add ? target[i] + dot : dot;
            }

            return;
        }

        if (!add)
        {
            target.Clear();
        }

        for (int left = 0; left < target.Length; left += RowPartAtOnce)
        {
            Span<T> part = target[left..Math.Min(left + RowPartAtOnce, target.Length)];
            for (int p = 0; p < b.Rows; p++)
            {
                TensorPrimitives.MultiplyAdd(
                    new ReadOnlySpan<T>(b.First + (p * b.RowStep) + left, part.Length), alpha * a.First[p], part, part);
            }
        }
    }

    private static void Clear(int rows, int columns, T* c, long rowStep, bool add)
    {
        for (int i = 0; i < rows && !add; i++)
        {
            new Span<T>(c + (i * rowStep), columns).Clear();
        }
    }
}
