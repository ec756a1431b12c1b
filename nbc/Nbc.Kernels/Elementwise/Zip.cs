using Nbc.Kernels.Iteration;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>A function of two elements of any types.</summary>
internal interface IZip<TX, TY, TZ>
{
    static abstract TZ Invoke(TX x, TY y);
}

/// <summary>Takes a function over two operands that are broadcast, element by element.</summary>
internal static class Zip
{
    public static void Run<TOp, T, TZ>(KernelContext context, TensorValue x, TensorValue y, TensorValue z)
        where TOp : IZip<T, T, TZ>
        where T : unmanaged
        where TZ : unmanaged
    {
        Run<TOp, T, T, TZ>(context, x, x.Span<T>(), y, y.Span<T>(), z, z.Span<TZ>());
    }

    public static void Run<TOp, TX, TY, TZ>(
        KernelContext context,
        TensorValue x,
        ReadOnlySpan<TX> xs,
        TensorValue y,
        ReadOnlySpan<TY> ys,
        TensorValue z,
        Span<TZ> zs)
        where TOp : IZip<TX, TY, TZ>
    {
        Span<long> memory = stackalloc long[BroadcastRuns.Memory(2, Broadcast.MaxRank)];
        BroadcastRuns runs = BinaryLoop.Walk(memory, x, y, z.Shape);
        while (runs.Next())
        {
            Span<TZ> part = zs.Slice(runs.Result, runs.Length);
            int xStep = runs.Stays(0) ? 0 : 1;
            int yStep = runs.Stays(1) ? 0 : 1;
            ReadOnlySpan<TX> left = xs.Slice(runs.First(0), xStep == 0 ? 1 : part.Length);
            ReadOnlySpan<TY> right = ys.Slice(runs.First(1), yStep == 0 ? 1 : part.Length);
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = TOp.Invoke(left[i * xStep], right[i * yStep]);
            }

            context.ThrowIfCancelled();
        }
    }
}
