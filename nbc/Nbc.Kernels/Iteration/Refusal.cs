using Nbc.Tensors;

namespace Nbc.Kernels.Iteration;

/// <summary>Why a kernel refuses, in sentences of one form: what it is, what was expected.</summary>
internal static class Refusal
{
    public static KernelException Type(string operand, ElementType found, string expected) =>
        new(KernelFault.WrongType, $"{operand} is {ElementTypes.TextOf(found)}, expected {expected}");

    public static KernelException Type(string operand, ElementType found, ElementType expected) =>
        Type(operand, found, ElementTypes.TextOf(expected));

    public static KernelException Shape(string operand, ReadOnlySpan<long> found, string expected) =>
        new(KernelFault.WrongShape, $"{operand} is {Shapes.Text(found)}, expected {expected}");

    public static KernelException Broadcast(ReadOnlySpan<long> left, ReadOnlySpan<long> right) =>
        new(KernelFault.WrongShape, $"{Shapes.Text(left)} and {Shapes.Text(right)} do not broadcast to one shape");

    public static KernelException Range(string what, long found, string expected) =>
        new(KernelFault.OutOfRange, $"{what} is {found}, expected {expected}");

    public static KernelException Attribute(string name, string found, string expected) =>
        new(KernelFault.WrongAttribute, $"attribute {name} is {found}, expected {expected}");

    public static KernelException TooLarge(string what) => new(KernelFault.TooLarge, what);
}
