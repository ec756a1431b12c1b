using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Takes a function of two numbers over two operands that are broadcast.</summary>
internal static class BinaryLoop
{
    /// <param name="z">Of the shape that both broadcast to; may be the memory of one that has this shape.</param>
    /// <returns>False when the type is no number; nothing is done then.</returns>
    /// <exception cref="KernelException">A whole number would be divided by zero.</exception>
    public static bool TryRun<TOp>(KernelContext context, TensorValue x, TensorValue y, TensorValue z)
        where TOp : IBinaryKernel
    {
        Span<long> memory = stackalloc long[BroadcastRuns.Memory(2, Broadcast.MaxRank)];
        BroadcastRuns runs = Walk(memory, x, y, z.Shape);
        if (NumberTypes.IsWide(x.Type))
        {
            Wide<TOp>(context, x, y, z, runs);
            return true;
        }

        return NumberTypes.TryNumbers(x.Type, new Action<TOp>(context, x, y, z, runs));
    }

    public static BroadcastRuns Walk(Span<long> memory, TensorValue x, TensorValue y, ReadOnlySpan<long> shape)
    {
        BroadcastRuns runs = new(memory, 2, shape);
        runs.Add(0, x.Shape);
        runs.Add(1, y.Shape);
        runs.Start();
        return runs;
    }

    /// <summary>One run in single precision or any other type.</summary>
    private static void Run<TOp, T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> z, bool xStays, bool yStays)
        where TOp : IBinaryKernel
        where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
    {
        if (yStays)
        {
            TOp.Invoke<TOp, T>(xStays ? Fill(x[0], z) : x, y[0], z);
        }
        else if (xStays)
        {
            TOp.Invoke<TOp, T>(x[0], y, z);
        }
        else
        {
            TOp.Invoke<TOp, T>(x, y, z);
        }
    }

    private static ReadOnlySpan<T> Fill<T>(T value, Span<T> z)
    {
        z.Fill(value);
        return z;
    }

    private static void Wide<TOp>(
        KernelContext context, TensorValue x, TensorValue y, TensorValue z, BroadcastRuns runs)
        where TOp : IBinaryKernel
    {
        Span<float> left = stackalloc float[FloatBlocks.Length];
        Span<float> right = stackalloc float[FloatBlocks.Length];
        Span<float> result = stackalloc float[FloatBlocks.Length];
        ReadOnlySpan<ushort> xs = x.Span<ushort>();
        ReadOnlySpan<ushort> ys = y.Span<ushort>();
        Span<ushort> zs = z.Span<ushort>();
        while (runs.Next())
        {
            bool xStays = runs.Stays(0);
            bool yStays = runs.Stays(1);
            for (int done = 0; done < runs.Length; done += FloatBlocks.Length)
            {
                int length = Math.Min(FloatBlocks.Length, runs.Length - done);
                int xLength = xStays ? 1 : length;
                int yLength = yStays ? 1 : length;
                FloatBlocks.Widen(x.Type, xs.Slice(runs.First(0) + (xStays ? 0 : done), xLength), left);
                FloatBlocks.Widen(x.Type, ys.Slice(runs.First(1) + (yStays ? 0 : done), yLength), right);
                Run<TOp, float>(left[..xLength], right[..yLength], result[..length], xStays, yStays);
                FloatBlocks.Narrow(x.Type, result[..length], zs.Slice(runs.Result + done, length));
            }

            context.ThrowIfCancelled();
        }
    }

    private readonly ref struct Action<TOp>(
        KernelContext context, TensorValue x, TensorValue y, TensorValue z, BroadcastRuns walk) : INumberAction
        where TOp : IBinaryKernel
    {
        private readonly BroadcastRuns _walk = walk;

        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> xs = x.Span<T>();
            ReadOnlySpan<T> ys = y.Span<T>();
            Span<T> zs = z.Span<T>();
            if (TOp.DividesBySecond && x.Type is not (ElementType.Float32 or ElementType.Float64)
                && zs.Length > 0 && ys.Contains(T.Zero))
            {
                throw new KernelException(KernelFault.OutOfRange, "a whole number is divided by zero");
            }

            BroadcastRuns runs = _walk;
            while (runs.Next())
            {
                bool xStays = runs.Stays(0);
                bool yStays = runs.Stays(1);
                Run<TOp, T>(
                    xs.Slice(runs.First(0), xStays ? 1 : runs.Length),
                    ys.Slice(runs.First(1), yStays ? 1 : runs.Length),
                    zs.Slice(runs.Result, runs.Length),
                    xStays,
                    yStays);
                context.ThrowIfCancelled();
            }
        }
    }
}
