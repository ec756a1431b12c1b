using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Takes each element from x where a condition holds, from y elsewhere.</summary>
/// <remarks>
/// Shape: as all three broadcast by numpy's rule. Any element type.
/// Source: ONNX operator Where, version 16.
/// </remarks>
internal sealed class WhereKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue condition = context.Input(0);
        TensorValue x = context.Input(1);
        TensorValue y = context.Input(2);
        if (condition.Type != ElementType.Bool)
        {
            throw Refusal.Type("condition", condition.Type, ElementType.Bool);
        }

        if (x.Type != y.Type)
        {
            throw Refusal.Type("Y", y.Type, x.Type);
        }

        ReadOnlySpan<long> shape = Broadcast.Shape(context, 0, stackalloc long[Broadcast.MaxRank]);
        TensorValue z = context.Output(0, x.Type, shape);
        if (x.Type == ElementType.String)
        {
            Run<byte[]>(context, z, x.Strings, y.Strings, z.Strings);
            return;
        }

        switch (ElementTypes.SizeOf(x.Type))
        {
            case 1: Run<byte>(context, z, x.Span<byte>(), y.Span<byte>(), z.Span<byte>()); break;
            case 2: Run<ushort>(context, z, x.Span<ushort>(), y.Span<ushort>(), z.Span<ushort>()); break;
            case 4: Run<uint>(context, z, x.Span<uint>(), y.Span<uint>(), z.Span<uint>()); break;
            case 8: Run<ulong>(context, z, x.Span<ulong>(), y.Span<ulong>(), z.Span<ulong>()); break;
            default: Run<UInt128>(context, z, x.Span<UInt128>(), y.Span<UInt128>(), z.Span<UInt128>()); break;
        }
    }

    private static void Run<T>(
        KernelContext context, TensorValue z, ReadOnlySpan<T> xs, ReadOnlySpan<T> ys, Span<T> zs)
    {
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(3, Broadcast.MaxRank)], 3, z.Shape);
        for (int i = 0; i < 3; i++)
        {
            runs.Add(i, context.Input(i).Shape);
        }

        runs.Start();
        ReadOnlySpan<byte> conditions = context.Input(0).Span<byte>();
        while (runs.Next())
        {
            Span<T> part = zs.Slice(runs.Result, runs.Length);
            int step = runs.Stays(0) ? 0 : 1;
            int xStep = runs.Stays(1) ? 0 : 1;
            int yStep = runs.Stays(2) ? 0 : 1;
            ReadOnlySpan<byte> condition = conditions[runs.First(0)..];
            ReadOnlySpan<T> x = xs[runs.First(1)..];
            ReadOnlySpan<T> y = ys[runs.First(2)..];
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = condition[i * step] != 0 ? x[i * xStep] : y[i * yStep];
            }

            context.ThrowIfCancelled();
        }
    }
}
