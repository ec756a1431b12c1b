using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Iteration;

/// <summary>The shape that operands broadcast to, by numpy's rule.</summary>
internal static class Broadcast
{
    /// <summary>Most dimensions that a kernel takes: shapes lie on the stack.</summary>
    public const int MaxRank = 64;

    /// <exception cref="KernelException">More than <see cref="MaxRank"/> dimensions.</exception>
    public static int CheckRank(int rank) => rank <= MaxRank
        ? rank
        : throw new KernelException(KernelFault.Unsupported, $"{rank} dimensions, at most {MaxRank} are taken");

    /// <summary>The shape of both together.</summary>
    /// <param name="memory">At least as long as the longer shape; the result lies in it.</param>
    /// <exception cref="KernelException">They do not go together.</exception>
    public static ReadOnlySpan<long> Shape(ReadOnlySpan<long> left, ReadOnlySpan<long> right, Span<long> memory)
    {
        int rank = CheckRank(Math.Max(left.Length, right.Length));
        Span<long> shape = memory[..rank];
        return Shapes.TryBroadcast(left, right, shape) ? shape : throw Refusal.Broadcast(left, right);
    }

    /// <summary>The shape of all operands from <paramref name="first"/> on; all must be tensors.</summary>
    public static ReadOnlySpan<long> Shape(KernelContext context, int first, Span<long> memory)
    {
        Span<long> sum = stackalloc long[MaxRank];
        ReadOnlySpan<long> shape = context.Input(first).Shape;
        CheckRank(shape.Length);
        shape.CopyTo(memory);
        int rank = shape.Length;
        for (int i = first + 1; i < context.InputCount; i++)
        {
            ReadOnlySpan<long> next = Shape(memory[..rank], context.Input(i).Shape, sum);
            next.CopyTo(memory);
            rank = next.Length;
        }

        return memory[..rank];
    }

    /// <exception cref="KernelException">The operand would grow the shape: it broadcasts one way only.</exception>
    public static void CheckOneWay(string name, TensorValue operand, ReadOnlySpan<long> shape)
    {
        Span<long> memory = stackalloc long[MaxRank];
        if (!Shape(shape, operand.Shape, memory).SequenceEqual(shape))
        {
            throw Refusal.Shape(name, operand.Shape, $"one that broadcasts to {Shapes.Text(shape)}");
        }
    }

    /// <summary>Memory for a result, over the first operand that has as many elements and as large ones.</summary>
    public static TensorValue Output(
        KernelContext context, int output, ElementType type, ReadOnlySpan<long> shape, int operands)
    {
        long count = Shapes.Product(shape);
        for (int i = 0; i < operands; i++)
        {
            TensorValue operand = context.Input(i);
            if (operand.Count == count && operand.Type == type)
            {
                return context.OutputOver(output, i, type, shape);
            }
        }

        return context.Output(output, type, shape);
    }
}
