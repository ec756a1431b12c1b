using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Computes with two operands of one type, broadcast to one shape.</summary>
/// <remarks>
/// Shape: z as both broadcast by numpy's rule, or as x alone when <paramref name="isOneWay"/>.
/// Special values: whole numbers wrap; dividing one by zero is refused.
/// Cost: one pass.
/// </remarks>
internal sealed class BinaryKernel<TOp>(bool isOneWay = false) : Kernel
    where TOp : IBinaryKernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        if (x.Type != y.Type)
        {
            throw Refusal.Type("the second operand", y.Type, x.Type);
        }

        ReadOnlySpan<long> shape = Broadcast.Shape(x.Shape, y.Shape, stackalloc long[Broadcast.MaxRank]);
        if (isOneWay)
        {
            Broadcast.CheckOneWay("the second operand", y, x.Shape);
        }

        TensorValue z = Broadcast.Output(context, 0, x.Type, shape, 2);
        if (!BinaryLoop.TryRun<TOp>(context, x, y, z))
        {
            throw Refusal.Type("the first operand", x.Type, "a number");
        }
    }
}

/// <summary>Folds any number of operands of one type into one.</summary>
/// <remarks>Meaning: z = op(op(a, b), c) and so on; divided by their number at the end for Mean.</remarks>
internal sealed class VariadicKernel<TOp>(bool isMean = false) : Kernel
    where TOp : IBinaryKernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue first = context.Input(0);
        ReadOnlySpan<long> shape = Broadcast.Shape(context, 0, stackalloc long[Broadcast.MaxRank]);
        for (int i = 1; i < context.InputCount; i++)
        {
            if (context.Input(i).Type != first.Type)
            {
                throw Refusal.Type($"operand {i}", context.Input(i).Type, first.Type);
            }
        }

        // An operand given twice is read again after the first step.
        TensorValue z = first.Count == Shapes.Product(shape) && !IsGivenTwice(context)
            ? context.OutputOver(0, 0, first.Type, shape)
            : context.Output(0, first.Type, shape);
        Copy(first, z);
        for (int i = 1; i < context.InputCount; i++)
        {
            if (!BinaryLoop.TryRun<TOp>(context, z, context.Input(i), z))
            {
                throw Refusal.Type("the first operand", first.Type, "a number");
            }
        }

        if (isMean && context.InputCount > 1)
        {
            Divide(z, context.InputCount);
        }
    }

    private static bool IsGivenTwice(KernelContext context)
    {
        TensorMemory? memory = context.Input(0).Memory;
        for (int i = 1; i < context.InputCount; i++)
        {
            if (ReferenceEquals(context.Input(i).Memory, memory))
            {
                return true;
            }
        }

        return false;
    }

    private static unsafe void Copy(TensorValue from, TensorValue to)
    {
        if (from.Count == to.Count)
        {
            Buffer.MemoryCopy(from.Pointer, to.Pointer, to.ByteCount, from.ByteCount);
            return;
        }

        BroadcastCopy.Run(from, to);
    }

    private static void Divide(TensorValue z, int count)
    {
        if (NumberTypes.IsWide(z.Type))
        {
            Span<ushort> all = z.Span<ushort>();
            Span<float> one = stackalloc float[1];
            for (int i = 0; i < all.Length; i++)
            {
                FloatBlocks.Widen(z.Type, all.Slice(i, 1), one);
                one[0] /= count;
                FloatBlocks.Narrow(z.Type, one, all.Slice(i, 1));
            }

            return;
        }

        if (!NumberTypes.TryReals(z.Type, new DivideAction(z, count)))
        {
            throw Refusal.Type("the first operand", z.Type, "floating point");
        }
    }

    private readonly struct DivideAction(TensorValue z, int count) : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            T divisor = T.CreateTruncating(count);
            foreach (ref T item in z.Span<T>())
            {
                item /= divisor;
            }
        }
    }
}
