using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>The logarithm of the sum of exponentials along axes, without overflow on the way.</summary>
/// <remarks>
/// Meaning: m + log(sum of exp(x - m)) with m the largest element; in double precision, rounded once.
/// Special values: of no numbers, and of -infinity only, it is -infinity.
/// Cost: two passes.
/// Source: ONNX operator ReduceLogSumExp, version 18.
/// </remarks>
internal sealed class ReduceLogSumExpKernel(KernelAttributes attributes) : Kernel
{
    private readonly bool _keepsAxes = attributes.Flag("keepdims", true);
    private readonly bool _isNoop = attributes.Flag("noop_with_empty_axes");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!ElementTypes.IsFloat(x.Type) && !CastBlocks.IsWhole(x.Type))
        {
            throw Refusal.Type("data", x.Type, "a number");
        }

        ReadOnlySpan<long> result = ReducedAxes.Shapes(
            x.Shape,
            context.OptionalInput(1),
            _keepsAxes,
            !_isNoop,
            stackalloc long[Broadcast.MaxRank],
            stackalloc long[Broadcast.MaxRank],
            out ReadOnlySpan<long> kept);
        TensorValue y = context.Output(0, x.Type, result);
        Span<double> largest = FloatBlocks.Scratch<double>(context, y.Count);
        Span<double> sums = FloatBlocks.Scratch<double>(context, y.Count);
        largest.Fill(double.NegativeInfinity);
        sums.Clear();
        Walk(context, x, kept, largest, sums, isFirst: true);
        Walk(context, x, kept, largest, sums, isFirst: false);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = Math.Log(sums[i]) + Shift(largest[i]);
        }

        CastBlocks.WriteReal(sums, y, 0, CastBlocks.Default);
    }

    private static double Shift(double largest) => double.IsFinite(largest) ? largest : 0;

    private static void Walk(
        KernelContext context,
        TensorValue x,
        ReadOnlySpan<long> kept,
        Span<double> largest,
        Span<double> sums,
        bool isFirst)
    {
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, x.Shape);
        runs.Add(0, kept);
        runs.Start();
        Span<double> block = stackalloc double[FloatBlocks.Length];
        while (runs.Next())
        {
            int step = runs.Stays(0) ? 0 : 1;
            for (int done = 0; done < runs.Length; done += block.Length)
            {
                Span<double> part = block[..Math.Min(block.Length, runs.Length - done)];
                CastBlocks.ReadReal(x, runs.Result + done, part);
                int into = runs.First(0) + (done * step);
                for (int i = 0; i < part.Length; i++)
                {
                    int at = into + (i * step);
                    if (isFirst)
                    {
                        largest[at] = Math.Max(largest[at], part[i]);
                    }
                    else
                    {
                        sums[at] += Math.Exp(part[i] - Shift(largest[at]));
                    }
                }
            }

            context.ThrowIfCancelled();
        }
    }
}
