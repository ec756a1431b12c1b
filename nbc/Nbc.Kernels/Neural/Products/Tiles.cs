using System.Runtime.CompilerServices;

namespace Nbc.Kernels.Neural.Products;

/// <summary>The innermost part of a matrix product: a block of rows times packed panels.</summary>
/// <remarks>
/// A tile is 6 rows by 2 vectors: 12 accumulators, two vectors of B and one broadcast stay in the 16 registers that
/// every x86-64 and Arm64 has, and 12 independent sums hide the latency of the multiply-add.
/// </remarks>
internal static unsafe class Tiles<T, TVector, TLanes>
    where T : unmanaged, System.Numerics.INumberBase<T>
    where TLanes : struct, ILanes<T, TVector>
{
    public const int Rows = 6;

    // Rows of A between two reads of the same panel: with a depth of 256 they stay in the second-level cache.
    private const int RowsAtOnce = 96;

    public static int PanelWidth => 2 * TLanes.Width;

    /// <summary>c (+)= alpha * a * packed, for one block of depth that fits into the caches.</summary>
    /// <param name="panelStep">Elements from one panel to the next.</param>
    public static void Multiply(
        Matrix<T> a, T* packed, long panelStep, int columns, T* c, long rowStep, bool add, T alpha)
    {
        for (int top = 0; top < a.Rows; top += RowsAtOnce)
        {
            int bottom = Math.Min(top + RowsAtOnce, a.Rows);
            T* panel = packed;
            for (int left = 0; left < columns; left += PanelWidth, panel += panelStep)
            {
                MultiplyPanel(a, top, bottom, panel, Math.Min(PanelWidth, columns - left), c + left, rowStep, add,
                    alpha);
            }
        }
    }

    private static void MultiplyPanel(
        Matrix<T> a, int top, int bottom, T* panel, int width, T* c, long rowStep, bool add, T alpha)
    {
        T* spare = stackalloc T[Rows * PanelWidth];
        for (int row = top; row < bottom;)
        {
            int rows = bottom - row < 3 ? 1 : Math.Min(Rows, bottom - row);
            T* first = a.First + (row * a.RowStep);
            T* target = c + (row * rowStep);
            bool whole = width == PanelWidth;
            T* place = whole ? target : spare;
            long step = whole ? rowStep : PanelWidth;
            if (rows == 1)
            {
                One(first, a.ColumnStep, a.Columns, panel, place, whole && add, alpha);
            }
            else
            {
                Six(first, a.RowStep, a.ColumnStep, rows, a.Columns, panel, place, step, whole && add, alpha);
            }

            if (!whole)
            {
                Copy(spare, rows, width, target, rowStep, add);
            }

            row += rows;
        }
    }

    private static void Copy(T* spare, int rows, int width, T* target, long rowStep, bool add)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int i = 0; i < width; i++)
            {
                T value = spare[(r * PanelWidth) + i];
                target[(r * rowStep) + i] = add ? target[(r * rowStep) + i] + value : value;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(T* a, long step, int depth, T* b, T* c, bool add, T alpha)
    {
        TVector even0 = TLanes.Broadcast(T.Zero), even1 = even0, odd0 = even0, odd1 = even0;
        int p = 0;
        for (; p + 1 < depth; p += 2, a += 2 * step, b += 4 * TLanes.Width)
        {
            TVector first = TLanes.Broadcast(*a), second = TLanes.Broadcast(a[step]);
            even0 = TLanes.MultiplyAdd(first, TLanes.Load(b), even0);
            even1 = TLanes.MultiplyAdd(first, TLanes.Load(b + TLanes.Width), even1);
            odd0 = TLanes.MultiplyAdd(second, TLanes.Load(b + (2 * TLanes.Width)), odd0);
            odd1 = TLanes.MultiplyAdd(second, TLanes.Load(b + (3 * TLanes.Width)), odd1);
        }

        if (p < depth)
        {
            TVector last = TLanes.Broadcast(*a);
            even0 = TLanes.MultiplyAdd(last, TLanes.Load(b), even0);
            even1 = TLanes.MultiplyAdd(last, TLanes.Load(b + TLanes.Width), even1);
        }

        Put(TLanes.Add(even0, odd0), TLanes.Add(even1, odd1), c, add, alpha);
    }

    // Rows past the last valid one read that row again; their sums are not stored.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six(
        T* a, long rowStep, long step, int rows, int depth, T* b, T* c, long cStep, bool add, T alpha)
    {
        T* a1 = a + rowStep, a2 = a1 + rowStep;
        T* a3 = rows > 3 ? a2 + rowStep : a2, a4 = rows > 4 ? a3 + rowStep : a3, a5 = rows > 5 ? a4 + rowStep : a4;
        TVector c00 = TLanes.Broadcast(T.Zero), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
        TVector c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
        for (int p = 0; p < depth; p++)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + TLanes.Width);
            TVector x = TLanes.Broadcast(*a);
            c00 = TLanes.MultiplyAdd(x, b0, c00);
            c01 = TLanes.MultiplyAdd(x, b1, c01);
            x = TLanes.Broadcast(*a1);
            c10 = TLanes.MultiplyAdd(x, b0, c10);
            c11 = TLanes.MultiplyAdd(x, b1, c11);
            x = TLanes.Broadcast(*a2);
            c20 = TLanes.MultiplyAdd(x, b0, c20);
            c21 = TLanes.MultiplyAdd(x, b1, c21);
            x = TLanes.Broadcast(*a3);
            c30 = TLanes.MultiplyAdd(x, b0, c30);
            c31 = TLanes.MultiplyAdd(x, b1, c31);
            x = TLanes.Broadcast(*a4);
            c40 = TLanes.MultiplyAdd(x, b0, c40);
            c41 = TLanes.MultiplyAdd(x, b1, c41);
            x = TLanes.Broadcast(*a5);
            c50 = TLanes.MultiplyAdd(x, b0, c50);
            c51 = TLanes.MultiplyAdd(x, b1, c51);
            a += step;
            a1 += step;
            a2 += step;
            a3 += step;
            a4 += step;
            a5 += step;
            b += 2 * TLanes.Width;
        }

        Put(c00, c01, c, add, alpha);
        Put(c10, c11, c += cStep, add, alpha);
        Put(c20, c21, c += cStep, add, alpha);
        if (rows > 3)
        {
            Put(c30, c31, c += cStep, add, alpha);
        }

        if (rows > 4)
        {
            Put(c40, c41, c += cStep, add, alpha);
        }

        if (rows > 5)
        {
            Put(c50, c51, c + cStep, add, alpha);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(TVector left, TVector right, T* c, bool add, T alpha)
    {
        if (alpha != T.One)
        {
            TVector factor = TLanes.Broadcast(alpha);
            left = TLanes.Multiply(left, factor);
            right = TLanes.Multiply(right, factor);
        }

        if (add)
        {
            left = TLanes.Add(left, TLanes.Load(c));
            right = TLanes.Add(right, TLanes.Load(c + TLanes.Width));
        }

        TLanes.Store(left, c);
        TLanes.Store(right, c + TLanes.Width);
    }
}
