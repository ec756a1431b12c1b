using Nbc.Kernels.Elementwise;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

internal readonly struct RealSum : IZip<float, float, float>
{
    public static float Invoke(float x, float y) => x + y;
}

internal readonly struct RealProduct : IZip<float, float, float>
{
    public static float Invoke(float x, float y) => x * y;
}

/// <summary>Computes with two quantised operands, broadcast to one shape, and quantises the result.</summary>
/// <remarks>Source: com.microsoft operators QLinearAdd and QLinearMul, version 1.</remarks>
internal sealed class QlinearBinaryKernel<TOp> : Kernel
    where TOp : IZip<float, float, float>
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        TensorValue b = context.Input(3);
        QuantisedScale.CheckBytes(a, "A");
        if (b.Type != a.Type)
        {
            throw Refusal.Type("B", b.Type, a.Type);
        }

        ReadOnlySpan<long> shape = Broadcast.Shape(a.Shape, b.Shape, stackalloc long[Broadcast.MaxRank]);
        Span<float> left = QuantisedScale.Read(context, 1, 2, "A", a.Type).Dequantize(context, a);
        Span<float> right = QuantisedScale.Read(context, 4, 5, "B", b.Type).Dequantize(context, b);
        QuantisedScale target = QuantisedScale.Read(context, 6, 7, "C", a.Type);
        TensorValue c = context.Output(0, a.Type, shape);
        Span<float> results = FloatBlocks.Scratch<float>(context, c.Count);
        Zip.Run<TOp, float, float, float>(context, a, left, b, right, c, results);
        target.Quantize(results, c);
    }
}

/// <summary>Applies a function of real numbers to a quantised tensor, and quantises the result.</summary>
/// <remarks>Source: com.microsoft operators QLinearSigmoid and QLinearLeakyRelu, version 1.</remarks>
internal sealed class QlinearUnaryKernel<TOp>(double a = 0) : Kernel
    where TOp : IRealUnary
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        QuantisedScale.CheckBytes(x, "X");
        Span<float> real = QuantisedScale.Read(context, 1, 2, "X", x.Type).Dequantize(context, x);
        QuantisedScale target = QuantisedScale.Read(context, 3, 4, "Y", x.Type);
        TOp.Invoke<TOp, float>(real, real, (float)a, 0);
        target.Quantize(real, context.Output(0, x.Type, x.Shape));
    }
}

/// <summary>Takes each element from X where a condition holds, from Y elsewhere, and quantises the result.</summary>
/// <remarks>Source: com.microsoft operator QLinearWhere, version 1.</remarks>
internal sealed class QlinearWhereKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue condition = context.Input(0);
        TensorValue x = context.Input(1);
        TensorValue y = context.Input(4);
        QuantisedScale.CheckBytes(x, "X");
        if (condition.Type != ElementType.Bool)
        {
            throw Refusal.Type("condition", condition.Type, ElementType.Bool);
        }

        if (y.Type != x.Type)
        {
            throw Refusal.Type("Y", y.Type, x.Type);
        }

        Span<long> memory = stackalloc long[Broadcast.MaxRank];
        ReadOnlySpan<long> both = Broadcast.Shape(x.Shape, y.Shape, memory);
        ReadOnlySpan<long> shape = Broadcast.Shape(both, condition.Shape, stackalloc long[Broadcast.MaxRank]);
        ReadOnlySpan<float> left = QuantisedScale.Read(context, 2, 3, "X", x.Type).Dequantize(context, x);
        ReadOnlySpan<float> right = QuantisedScale.Read(context, 5, 6, "Y", y.Type).Dequantize(context, y);
        QuantisedScale target = QuantisedScale.Read(context, 7, 8, "Z", x.Type);
        TensorValue z = context.Output(0, x.Type, shape);
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(3, Broadcast.MaxRank)], 3, z.Shape);
        runs.Add(0, condition.Shape);
        runs.Add(1, x.Shape);
        runs.Add(2, y.Shape);
        runs.Start();
        Span<float> results = FloatBlocks.Scratch<float>(context, z.Count);
        ReadOnlySpan<byte> conditions = condition.Span<byte>();
        while (runs.Next())
        {
            int step = runs.Stays(0) ? 0 : 1;
            int xStep = runs.Stays(1) ? 0 : 1;
            int yStep = runs.Stays(2) ? 0 : 1;
            for (int i = 0; i < runs.Length; i++)
            {
                results[runs.Result + i] = conditions[runs.First(0) + (i * step)] != 0
                    ? left[runs.First(1) + (i * xStep)]
                    : right[runs.First(2) + (i * yStep)];
            }
        }

        target.Quantize(results, z);
    }
}
