using Nbc.Kernels.Iteration;
using Nbc.Kernels.Reduction;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Softmax of a quantised tensor, quantised again.</summary>
/// <remarks>
/// Meaning: attribute opset below 13 takes all axes from axis on as one.
/// Source: com.microsoft operator QLinearSoftmax, version 1.
/// </remarks>
internal sealed class QlinearSoftmaxKernel(KernelAttributes attributes) : Kernel
{
    private const int FirstWithOneAxis = 13;
    private readonly long _axis = attributes.Int("axis", -1);
    private readonly bool _isOneAxis = attributes.Int("opset", FirstWithOneAxis) >= FirstWithOneAxis;

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        QuantisedScale.CheckBytes(x, "X");
        int axis = Lanes.CheckAxis(_axis, x.Rank);
        Lanes lanes = _isOneAxis
            ? Lanes.Along(x.Shape, axis)
            : new Lanes((int)Shapes.Product(x.Shape[..axis]), (int)Shapes.Product(x.Shape[axis..]), 1);
        Span<float> real = QuantisedScale.Read(context, 1, 2, "X", x.Type).Dequantize(context, x);
        QuantisedScale target = QuantisedScale.Read(context, 3, 4, "Y", x.Type);
        TensorValue y = context.Output(0, x.Type, x.Shape);
        Span<float> lane = FloatBlocks.Scratch<float>(context, lanes.Size);
        for (int l = 0; l < lanes.Count && lanes.Size > 0; l++)
        {
            int first = lanes.First(l);
            for (int i = 0; i < lane.Length; i++)
            {
                lane[i] = real[first + (i * lanes.Inner)];
            }

            Softmax.Invoke<float>(lane, lane);
            for (int i = 0; i < lane.Length; i++)
            {
                real[first + (i * lanes.Inner)] = lane[i];
            }

            context.ThrowIfCancelled();
        }

        target.Quantize(real, y);
    }
}

/// <summary>Puts quantised tensors behind each other along an axis, all in one scale.</summary>
/// <remarks>
/// Shape: operands are the result's scale and zero point, then tensor, scale and zero point of each part.
/// Source: com.microsoft operator QLinearConcat, version 1.
/// </remarks>
internal sealed class QlinearConcatKernel(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        if (context.InputCount < 5 || (context.InputCount - 2) % 3 != 0)
        {
            throw new KernelException(
                KernelFault.MissingOperand, $"{context.InputCount} operands, expected 2 and 3 for each part");
        }

        TensorValue first = context.Input(2);
        QuantisedScale.CheckBytes(first, "the first part");
        QuantisedScale target = QuantisedScale.Read(context, 0, 1, "Y", first.Type);
        Span<long> shape = stackalloc long[Broadcast.MaxRank];
        int axis = Lanes.CheckAxis(_axis, Broadcast.CheckRank(first.Rank));
        first.Shape.CopyTo(shape);
        for (int i = 5; i < context.InputCount; i += 3)
        {
            TensorValue part = context.Input(i);
            CheckPart(part, first, axis);
            shape[axis] += part.Shape[axis];
        }

        TensorValue y = context.Output(0, first.Type, shape[..first.Rank]);
        Lanes all = Lanes.Along(y.Shape, axis);
        int before = 0;
        for (int i = 2; i < context.InputCount; i += 3)
        {
            TensorValue part = context.Input(i);
            ReadOnlySpan<float> real =
                QuantisedScale.Read(context, i + 1, i + 2, "a part", part.Type).Dequantize(context, part);
            int width = (int)part.Shape[axis] * all.Inner;
            for (int outer = 0; outer < all.Outer && width > 0; outer++)
            {
                int to = (outer * all.Size * all.Inner) + before;
                target.Quantize(real.Slice(outer * width, width), y, to);
            }

            before += width;
        }
    }

    private static void CheckPart(TensorValue part, TensorValue first, int axis)
    {
        if (part.Type != first.Type)
        {
            throw Refusal.Type("a part", part.Type, first.Type);
        }

        bool fits = part.Rank == first.Rank;
        for (int d = 0; fits && d < part.Rank; d++)
        {
            fits = d == axis || part.Shape[d] == first.Shape[d];
        }

        if (!fits)
        {
            throw Refusal.Shape("a part", part.Shape, $"{Shapes.Text(first.Shape)} but for axis {axis}");
        }
    }
}

/// <summary>The mean along axes of a quantised tensor, quantised again.</summary>
/// <remarks>Source: com.microsoft operator QLinearReduceMean, version 1.</remarks>
internal sealed class QlinearReduceMeanKernel(KernelAttributes attributes) : Kernel
{
    private readonly bool _keepsAxes = attributes.Flag("keepdims", true);
    private readonly TensorValue? _axes = attributes.Ints("axes") is { } axes
        ? TensorValue.From<long>(ElementType.Int64, axes, axes.Length)
        : null;

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        QuantisedScale.CheckBytes(x, "data");
        ReadOnlySpan<long> result = ReducedAxes.Shapes(
            x.Shape,
            _axes,
            _keepsAxes,
            isNoneAll: true,
            stackalloc long[Broadcast.MaxRank],
            stackalloc long[Broadcast.MaxRank],
            out ReadOnlySpan<long> kept);
        Span<float> real = QuantisedScale.Read(context, 1, 2, "data", x.Type).Dequantize(context, x);
        QuantisedScale target = QuantisedScale.Read(context, 3, 4, "reduced", x.Type);
        TensorValue y = context.Output(0, x.Type, result);
        Span<double> sums = FloatBlocks.Scratch<double>(context, y.Count);
        sums.Clear();
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, x.Shape);
        runs.Add(0, kept);
        runs.Start();
        while (runs.Next())
        {
            int step = runs.Stays(0) ? 0 : 1;
            for (int i = 0; i < runs.Length; i++)
            {
                sums[runs.First(0) + (i * step)] += real[runs.Result + i];
            }
        }

        Span<float> means = FloatBlocks.Scratch<float>(context, y.Count);
        for (int i = 0; i < means.Length; i++)
        {
            means[i] = (float)(sums[i] / (x.Count / means.Length));
        }

        target.Quantize(means, y);
    }
}
