using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Reads operands that are sequences, and positions in them.</summary>
internal static class Sequences
{
    public static SequenceValue Input(KernelContext context, int input) =>
        (input < context.InputCount ? context.Value(input) : null) switch
        {
            SequenceValue sequence => sequence,
            null => throw new KernelException(KernelFault.MissingOperand, $"operand {input} is missing"),
            _ => throw new KernelException(KernelFault.WrongType, $"operand {input} is not a sequence"),
        };

    /// <summary>A position in a list, counted from the end when negative.</summary>
    /// <param name="limit">The first position that is none.</param>
    public static int Position(TensorValue operand, int count, int limit)
    {
        long position = Dimensions.Scalar(operand, "position");
        return position >= -count && position < limit
            ? (int)(position < 0 ? position + count : position)
            : throw new KernelException(
                KernelFault.OutOfRange, $"position {position} is outside a sequence of {count}");
    }
}
