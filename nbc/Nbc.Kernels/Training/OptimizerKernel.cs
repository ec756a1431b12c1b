using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Training;

/// <summary>One step of an optimiser over any number of tensors.</summary>
/// <remarks>
/// Shape: operands are rate R and step count T, then all tensors X, all their gradients G, then each kind of state;
/// results are all new X, then each kind of new state.
/// Meaning: computed in double precision, rounded once.
/// </remarks>
/// <param name="states">Kinds of state.</param>
internal abstract class OptimizerKernel(int states) : Kernel
{
    private const int First = 2;

    /// <inheritdoc/>
    public sealed override void Run(KernelContext context)
    {
        int kinds = 2 + states;
        int tensors = (context.InputCount - First) / kinds;
        if (tensors < 1 || (context.InputCount - First) % kinds != 0)
        {
            throw new KernelException(
                KernelFault.MissingOperand, $"{context.InputCount} operands, expected 2 and {kinds} for each tensor");
        }

        double rate = Rate(context.Input(0));
        long steps = Steps(context.Input(1));
        for (int i = 0; i < tensors; i++)
        {
            TensorValue x = context.Input(First + i);
            for (int kind = 1; kind < kinds; kind++)
            {
                TensorValue other = context.Input(First + (kind * tensors) + i);
                if (other.Type != x.Type || !other.Shape.SequenceEqual(x.Shape))
                {
                    throw Refusal.Shape($"an operand of tensor {i}", other.Shape, $"{x}");
                }
            }

            if (!ElementTypes.IsFloat(x.Type))
            {
                throw Refusal.Type("X", x.Type, "floating point");
            }

            Run(context, i, tensors, rate, steps);
        }
    }

    /// <summary>Changes one number and its state.</summary>
    /// <param name="rate">The learning rate R.</param>
    /// <param name="steps">The step count T.</param>
    /// <param name="first">The first kind of state.</param>
    /// <param name="second">The second kind of state, where there is one.</param>
    protected abstract void Step(
        double rate, long steps, double gradient, ref double x, ref double first, ref double second);

    private static double Rate(TensorValue operand)
    {
        if (operand.Count != 1 || !ElementTypes.IsFloat(operand.Type))
        {
            throw Refusal.Shape("R", operand.Shape, "one floating-point number");
        }

        Span<double> one = stackalloc double[1];
        CastBlocks.ReadReal(operand, 0, one);
        return one[0];
    }

    private static long Steps(TensorValue operand) => operand is { Count: 1, Type: ElementType.Int64 }
        ? operand.Span<long>()[0]
        : throw Refusal.Shape("T", operand.Shape, "one number of si64");

    private static void Write(ReadOnlySpan<double> values, TensorValue? tensor, int first)
    {
        if (tensor is not null)
        {
            CastBlocks.WriteReal(values, tensor, first, CastBlocks.Default);
        }
    }

    private void Run(KernelContext context, int index, int tensors, double rate, long steps)
    {
        TensorValue x = context.Input(First + index);
        TensorValue gradient = context.Input(First + tensors + index);
        TensorValue y = context.Output(index, x.Type, x.Shape);
        TensorValue? first = State(context, 1, tensors, index, x);
        TensorValue? second = State(context, 2, tensors, index, x);
        Span<double> block = stackalloc double[4 * FloatBlocks.Length];
        for (int done = 0; done < x.Count; done += FloatBlocks.Length)
        {
            int length = Math.Min(FloatBlocks.Length, x.Count - done);
            Span<double> xs = block[..length];
            Span<double> gs = block.Slice(FloatBlocks.Length, length);
            Span<double> ss = block.Slice(2 * FloatBlocks.Length, length);
            Span<double> ts = block.Slice(3 * FloatBlocks.Length, length);
            CastBlocks.ReadReal(x, done, xs);
            CastBlocks.ReadReal(gradient, done, gs);
            ReadState(context, 1, tensors, index, done, ss);
            ReadState(context, 2, tensors, index, done, ts);
            for (int i = 0; i < length; i++)
            {
                Step(rate, steps, gs[i], ref xs[i], ref ss[i], ref ts[i]);
            }

            CastBlocks.WriteReal(xs, y, done, CastBlocks.Default);
            Write(ss, first, done);
            Write(ts, second, done);
            context.ThrowIfCancelled();
        }
    }

    private TensorValue? State(KernelContext context, int kind, int tensors, int index, TensorValue x) =>
        kind <= states && context.Wants((kind * tensors) + index)
            ? context.Output((kind * tensors) + index, x.Type, x.Shape)
            : null;

    private void ReadState(KernelContext context, int kind, int tensors, int index, int first, Span<double> values)
    {
        if (kind > states)
        {
            values.Clear();
            return;
        }

        CastBlocks.ReadReal(context.Input(First + ((1 + kind) * tensors) + index), first, values);
    }
}
