using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Normalises to mean 0 and variance 1 along axes.</summary>
/// <remarks>
/// Meaning: (x - mean) / (sqrt(variance) + 1e-9), in double precision, rounded once.
/// Source: ONNX operator MeanVarianceNormalization, version 13.
/// </remarks>
internal sealed class MeanVarianceKernel(KernelAttributes attributes) : Kernel
{
    private const double Epsilon = 1e-9;
    private readonly TensorValue _axes = Axes(attributes.Ints("axes") ?? [0, 2, 3]);

    private enum Step
    {
        Sum,
        Distance,
        Normalize,
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!NumberTypes.IsWide(x.Type) && x.Type is not (ElementType.Float32 or ElementType.Float64))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }

        ReducedAxes.Shapes(
            x.Shape,
            _axes,
            keepsAxes: true,
            isNoneAll: false,
            stackalloc long[Broadcast.MaxRank],
            stackalloc long[Broadcast.MaxRank],
            out ReadOnlySpan<long> kept);
        int count = (int)Shapes.Product(kept);
        Span<double> means = FloatBlocks.Scratch<double>(context, count);
        Span<double> spreads = FloatBlocks.Scratch<double>(context, count);
        means.Clear();
        spreads.Clear();
        double members = count == 0 ? 0 : x.Count / count;
        Walk(context, x, kept, means, spreads, Step.Sum, x);
        foreach (ref double mean in means)
        {
            mean /= members;
        }

        Walk(context, x, kept, means, spreads, Step.Distance, x);
        foreach (ref double spread in spreads)
        {
            spread = Math.Sqrt(spread / members) + Epsilon;
        }

        Walk(context, x, kept, means, spreads, Step.Normalize, context.OutputOver(0, 0, x.Type, x.Shape));
    }

    private static void Walk(
        KernelContext context,
        TensorValue x,
        ReadOnlySpan<long> kept,
        Span<double> means,
        Span<double> spreads,
        Step step,
        TensorValue y)
    {
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, x.Shape);
        runs.Add(0, kept);
        runs.Start();
        Span<double> block = stackalloc double[FloatBlocks.Length];
        while (runs.Next())
        {
            int stride = runs.Stays(0) ? 0 : 1;
            for (int done = 0; done < runs.Length; done += block.Length)
            {
                Span<double> part = block[..Math.Min(block.Length, runs.Length - done)];
                CastBlocks.ReadReal(x, runs.Result + done, part);
                int into = runs.First(0) + (done * stride);
                for (int i = 0; i < part.Length; i++)
                {
                    int at = into + (i * stride);
                    Take(ref part[i], ref means[at], ref spreads[at], step);
                }

                if (step == Step.Normalize)
                {
                    CastBlocks.WriteReal(part, y, runs.Result + done, CastBlocks.Default);
                }
            }

            context.ThrowIfCancelled();
        }
    }

    private static void Take(ref double x, ref double mean, ref double spread, Step step)
    {
        switch (step)
        {
            case Step.Sum:
                mean += x;
                break;
            case Step.Distance:
                spread += (x - mean) * (x - mean);
                break;
            default:
                x = (x - mean) / spread;
                break;
        }
    }

    private static TensorValue Axes(long[] axes) => TensorValue.From<long>(ElementType.Int64, axes, axes.Length);
}
