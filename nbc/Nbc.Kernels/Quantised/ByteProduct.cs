using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Nbc.Kernels.Iteration;

namespace Nbc.Kernels.Quantised;

/// <summary>A matrix of small whole numbers times one of stored bytes, gathered in 32 bits.</summary>
/// <remarks>
/// Meaning: sums[r, j] += sum over k of a[r, k] * b[k, j]; b is read as it is stored, its zero points are taken off the
/// sums by the caller. Sums wrap, so what is taken off later may not overflow either.
/// Bound: elements of a from -510 to 510, so that two products fit into 32 bits together.
/// Cost: b is widened once for each four rows, never copied.
/// </remarks>
internal static unsafe class ByteProduct
{
    private const int Rows = 4;
    private const int Columns = 16;

    /// <param name="b">Row-major, as many columns as rows of <paramref name="sums"/> are long.</param>
    public static void Add(
        KernelContext context,
        ReadOnlySpan<short> a,
        int rows,
        ReadOnlySpan<byte> b,
        bool isSigned,
        int columns,
        Span<int> sums)
    {
        int depth = rows == 0 ? 0 : a.Length / rows;
        if (depth == 0 || columns == 0)
        {
            return;
        }

        int done = 0;
        if (Avx2.IsSupported)
        {
            done = columns - (columns % Columns);
            AddTiles(context, a, rows, depth, b, isSigned, columns, sums);
        }

        if (done < columns)
        {
            AddLines(context, a, rows, depth, b, isSigned, columns, done, sums);
        }
    }

    private static void AddTiles(
        KernelContext context,
        ReadOnlySpan<short> a,
        int rows,
        int depth,
        ReadOnlySpan<byte> b,
        bool isSigned,
        int columns,
        Span<int> sums)
    {
        fixed (short* first = a)
        fixed (byte* matrix = b)
        fixed (int* target = sums)
        {
            for (int left = 0; left + Columns <= columns; left += Columns)
            {
                for (int top = 0; top < rows; top += Rows)
                {
                    int count = Math.Min(Rows, rows - top);
                    short* from = first + ((long)top * depth);
                    int* into = target + ((long)top * columns) + left;
                    if (isSigned)
                    {
                        Tile<sbyte>(from, count, depth, matrix + left, columns, into);
                    }
                    else
                    {
                        Tile<byte>(from, count, depth, matrix + left, columns, into);
                    }
                }

                context.ThrowIfCancelled();
            }
        }
    }

    // Two rows of b at once, their bytes in turns: a multiply-add of neighbours then sums both. Rows of a past the last
    // one read the first again; their sums are not stored.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile<TByte>(short* a, int rows, int depth, byte* b, long step, int* c)
        where TByte : unmanaged
    {
        short* a1 = rows > 1 ? a + depth : a, a2 = rows > 2 ? a + (2L * depth) : a;
        short* a3 = rows > 3 ? a + (3L * depth) : a;
        Vector256<int> c00 = Vector256<int>.Zero, c01 = c00, c10 = c00, c11 = c00;
        Vector256<int> c20 = c00, c21 = c00, c30 = c00, c31 = c00;
        for (int k = 0; k < depth; k += 2, b += 2 * step)
        {
            bool both = k + 1 < depth;
            Vector128<byte> x = Vector128.Load(b), y = both ? Vector128.Load(b + step) : x;
            Vector256<short> low = Wide<TByte>(Sse2.UnpackLow(x, y)), high = Wide<TByte>(Sse2.UnpackHigh(x, y));
            Vector256<short> pair = Pair(a + k, both);
            c00 += Avx2.MultiplyAddAdjacent(pair, low);
            c01 += Avx2.MultiplyAddAdjacent(pair, high);
            pair = Pair(a1 + k, both);
            c10 += Avx2.MultiplyAddAdjacent(pair, low);
            c11 += Avx2.MultiplyAddAdjacent(pair, high);
            pair = Pair(a2 + k, both);
            c20 += Avx2.MultiplyAddAdjacent(pair, low);
            c21 += Avx2.MultiplyAddAdjacent(pair, high);
            pair = Pair(a3 + k, both);
            c30 += Avx2.MultiplyAddAdjacent(pair, low);
            c31 += Avx2.MultiplyAddAdjacent(pair, high);
        }

        Put(c00, c01, c);
        if (rows > 1)
        {
            Put(c10, c11, c + step);
        }

        if (rows > 2)
        {
            Put(c20, c21, c + (2 * step));
        }

        if (rows > 3)
        {
            Put(c30, c31, c + (3 * step));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pair(short* a, bool both) =>
        Vector256.Create(both ? (ushort)a[0] | (a[1] << 16) : (ushort)a[0]).AsInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Wide<TByte>(Vector128<byte> bytes) => typeof(TByte) == typeof(sbyte)
        ? Avx2.ConvertToVector256Int16(bytes.AsSByte())
        : Avx2.ConvertToVector256Int16(bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector256<int> left, Vector256<int> right, int* c)
    {
        (Vector256.Load(c) + left).Store(c);
        (Vector256.Load(c + Vector256<int>.Count) + right).Store(c + Vector256<int>.Count);
    }

    // The columns from done on, a line of b widened for all rows of a.
    private static void AddLines(
        KernelContext context,
        ReadOnlySpan<short> a,
        int rows,
        int depth,
        ReadOnlySpan<byte> b,
        bool isSigned,
        int columns,
        int done,
        Span<int> sums)
    {
        Span<short> line = FloatBlocks.Scratch<short>(context, columns - done);
        for (int k = 0; k < depth; k++)
        {
            ReadOnlySpan<byte> bytes = b.Slice((k * columns) + done, line.Length);
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = isSigned ? (sbyte)bytes[i] : bytes[i];
            }

            for (int row = 0; row < rows; row++)
            {
                IntegerProduct.Row(
                    a.Slice((row * depth) + k, 1), line, sums.Slice((row * columns) + done, line.Length));
            }

            context.ThrowIfCancelled();
        }
    }
}
