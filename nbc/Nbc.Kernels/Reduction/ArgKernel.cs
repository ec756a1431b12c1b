using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Where the largest, or the smallest, element of each lane is.</summary>
/// <remarks>
/// Shape: the input's with the axis of size 1, or without it; int64.
/// Special values: the first NaN is both largest and smallest; an empty lane is refused.
/// Source: ONNX operators ArgMax and ArgMin, version 13.
/// </remarks>
internal sealed class ArgKernel(KernelAttributes attributes, bool isMax) : Kernel
{
    private readonly long _axis = attributes.Int("axis");
    private readonly bool _keepsAxis = attributes.Flag("keepdims", true);
    private readonly bool _isLast = attributes.Flag("select_last_index");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        int rank = Broadcast.CheckRank(x.Rank);
        int axis = Lanes.CheckAxis(_axis, rank);
        Lanes lanes = Lanes.Along(x.Shape, axis);
        Span<long> shape = stackalloc long[Broadcast.MaxRank];
        x.Shape.CopyTo(shape);
        shape[axis] = 1;
        if (!_keepsAxis)
        {
            shape[(axis + 1)..rank].CopyTo(shape[axis..]);
            rank--;
        }

        if (lanes.Size == 0 && lanes.Count > 0)
        {
            throw Refusal.Shape("data", x.Shape, $"an axis {axis} that is not empty");
        }

        TensorValue y = context.Output(0, ElementType.Int64, shape[..rank]);
        bool isWide = NumberTypes.IsWide(x.Type);
        if (isWide)
        {
            Run<float>(context, FloatBlocks.Singles(context, x), lanes, y.Span<long>());
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(this, context, x, lanes, y)))
        {
            throw Refusal.Type("data", x.Type, "a number");
        }
    }

    private void Run<T>(KernelContext context, ReadOnlySpan<T> x, Lanes lanes, Span<long> y)
        where T : INumber<T>
    {
        for (int lane = 0; lane < y.Length; lane++)
        {
            int first = lanes.First(lane);
            int best = 0;
            T most = x[first];
            for (int i = 1; i < lanes.Size; i++)
            {
                T item = x[first + (i * lanes.Inner)];
                bool isBetter = isMax ? item > most : item < most;
                if (isBetter || (_isLast && item == most) || (T.IsNaN(item) && !T.IsNaN(most)))
                {
                    (best, most) = (i, item);
                }
            }

            y[lane] = best;
            if (lane % 4096 == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    private readonly struct Action(ArgKernel kernel, KernelContext context, TensorValue x, Lanes lanes, TensorValue y)
        : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T> =>
            kernel.Run<T>(context, x.Span<T>(), lanes, y.Span<long>());
    }
}
