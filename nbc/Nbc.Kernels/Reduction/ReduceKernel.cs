using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Makes one number of many along axes.</summary>
/// <remarks>
/// Shape: the input's with the axes of size 1, or without them.
/// Meaning: floating point is gathered in double precision and rounded once; whole numbers wrap.
/// Special values: NaN spreads over its result; what no numbers become is said by <see cref="IReduction.Identity"/>.
/// Cost: one pass.
/// Source: ONNX operators ReduceX, version 18 and later.
/// </remarks>
internal sealed class ReduceKernel<TOp>(KernelAttributes attributes) : Kernel
    where TOp : IReduction
{
    private readonly bool _keepsAxes = attributes.Flag("keepdims", true);
    private readonly bool _isNoop = attributes.Flag("noop_with_empty_axes");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        ReadOnlySpan<long> result = ReducedAxes.Shapes(
            x.Shape,
            context.OptionalInput(1),
            _keepsAxes,
            !_isNoop,
            stackalloc long[Broadcast.MaxRank],
            stackalloc long[Broadcast.MaxRank],
            out ReadOnlySpan<long> kept);
        TensorValue y = context.Output(0, x.Type, result);
        BroadcastRuns runs = new(stackalloc long[BroadcastRuns.Memory(1, Broadcast.MaxRank)], 1, x.Shape);
        runs.Add(0, kept);
        runs.Start();
        bool isFloat = NumberTypes.IsWide(x.Type) || x.Type is ElementType.Float32 or ElementType.Float64;
        bool isBool = x.Type == ElementType.Bool && (typeof(TOp) == typeof(MaxOf) || typeof(TOp) == typeof(MinOf));
        if (isFloat || (TOp.IsReal && CastBlocks.IsWhole(x.Type)))
        {
            InDouble(context, x, y, runs);
        }
        else if (!NumberTypes.TryIntegers(
            isBool ? ElementType.UInt8 : x.Type, new Action(context, x, y, runs)))
        {
            throw Refusal.Type("data", x.Type, "a number");
        }
        else if (isBool && x.Count == 0 && typeof(TOp) == typeof(MinOf))
        {
            y.Span<byte>().Fill(1);
        }
    }

    private static void InDouble(KernelContext context, TensorValue x, TensorValue y, BroadcastRuns runs)
    {
        Span<double> sums = FloatBlocks.Scratch<double>(context, y.Count);
        Span<double> block = stackalloc double[FloatBlocks.Length];
        sums.Fill(TOp.Identity<double>());
        while (runs.Next())
        {
            bool stays = runs.Stays(0);
            for (int done = 0; done < runs.Length; done += block.Length)
            {
                Span<double> part = block[..Math.Min(block.Length, runs.Length - done)];
                CastBlocks.ReadReal(x, runs.Result + done, part);
                if (stays)
                {
                    sums[runs.First(0)] = TOp.Fold<TOp, double>(sums[runs.First(0)], part);
                    continue;
                }

                Span<double> into = sums.Slice(runs.First(0) + done, part.Length);
                for (int i = 0; i < part.Length; i++)
                {
                    into[i] = TOp.Step(into[i], part[i]);
                }
            }

            context.ThrowIfCancelled();
        }

        long count = y.Count == 0 ? 0 : x.Count / y.Count;
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] = TOp.FinishReal<TOp>(sums[i], count);
        }

        CastBlocks.WriteReal(sums, y, 0, CastBlocks.Default);
    }

    private readonly ref struct Action(KernelContext context, TensorValue x, TensorValue y, BroadcastRuns walk)
        : IIntegerAction
    {
        private readonly BroadcastRuns _walk = walk;

        public void Invoke<T>()
            where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> xs = x.Span<T>();
            Span<T> sums = y.Span<T>();
            sums.Fill(x.Type == ElementType.Bool && x.Count == 0 ? T.Zero : TOp.Identity<T>());
            BroadcastRuns runs = _walk;
            while (runs.Next())
            {
                ReadOnlySpan<T> part = xs.Slice(runs.Result, runs.Length);
                if (runs.Stays(0))
                {
                    sums[runs.First(0)] = TOp.Fold<TOp, T>(sums[runs.First(0)], part);
                    continue;
                }

                Span<T> into = sums.Slice(runs.First(0), part.Length);
                for (int i = 0; i < part.Length; i++)
                {
                    into[i] = TOp.Step(into[i], part[i]);
                }

                context.ThrowIfCancelled();
            }

            long count = y.Count == 0 ? 0 : x.Count / y.Count;
            foreach (ref T sum in sums)
            {
                sum = TOp.Finish(sum, count);
            }
        }
    }
}
