using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>Sums, or products, of all elements of a lane up to each one.</summary>
/// <remarks>
/// Shape: as x; the axis is an operand, one whole number.
/// Meaning: from the end with reverse; without the element itself with exclusive. Float16 and bfloat16 are gathered in
/// single precision.
/// Source: ONNX operators CumSum, version 14, and CumProd, version 26.
/// </remarks>
internal sealed class CumulativeKernel<TOp>(KernelAttributes attributes) : Kernel
    where TOp : IReduction
{
    private readonly bool _isExclusive = attributes.Flag("exclusive");
    private readonly bool _isReverse = attributes.Flag("reverse");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue axis = context.Input(1);
        if (axis.Type is not (ElementType.Int32 or ElementType.Int64))
        {
            throw Refusal.Type("axis", axis.Type, "si32 or si64");
        }

        if (axis.Count != 1)
        {
            throw Refusal.Shape("axis", axis.Shape, "one element");
        }

        Span<long> at = stackalloc long[1];
        CastBlocks.ReadWhole(axis, 0, at);
        Lanes lanes = Lanes.Along(x.Shape, at[0]);
        if (NumberTypes.IsWide(x.Type))
        {
            TensorValue y = context.Output(0, x.Type, x.Shape);
            Span<float> room = FloatBlocks.Room(context, y);
            Run<float>(context, FloatBlocks.Singles(context, x), lanes, room);
            FloatBlocks.Store(room, y);
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(this, context, x, lanes)))
        {
            throw Refusal.Type("x", x.Type, "a number");
        }
    }

    private void Run<T>(KernelContext context, ReadOnlySpan<T> x, Lanes lanes, Span<T> y)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        int step = _isReverse ? -lanes.Inner : lanes.Inner;
        for (int lane = 0; lane < lanes.Count; lane++)
        {
            int at = lanes.First(lane) + (_isReverse ? (lanes.Size - 1) * lanes.Inner : 0);
            T sum = TOp.Identity<T>();
            for (int i = 0; i < lanes.Size; i++, at += step)
            {
                T next = TOp.Step(sum, x[at]);
                y[at] = _isExclusive ? sum : next;
                sum = next;
            }

            if (lane % 4096 == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    private readonly struct Action(CumulativeKernel<TOp> kernel, KernelContext context, TensorValue x, Lanes lanes)
        : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T> =>
            kernel.Run<T>(context, x.Span<T>(), lanes, context.OutputOver(0, 0, x.Type, x.Shape).Span<T>());
    }
}
