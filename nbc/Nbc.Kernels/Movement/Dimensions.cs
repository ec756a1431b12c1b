using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Reads axes, sizes and shapes from operands, each checked before it is used.</summary>
internal static class Dimensions
{
    /// <summary>Dimensions that a tensor may have here: what is kept for each of them lies on the stack.</summary>
    public const int MaxRank = 64;

    public static int Rank(TensorValue tensor) => Rank(tensor.Rank);

    public static int Rank(long rank) => rank <= MaxRank
        ? (int)rank
        : throw new KernelException(KernelFault.TooLarge, $"{rank} dimensions, at most {MaxRank} are supported");

    /// <summary>An axis, counted from the end when negative, as one from 0 on.</summary>
    public static int Axis(long axis, int rank, string name = "axis") =>
        Shapes.TryNormalizeAxis(axis, rank, out int normal)
            ? normal
            : throw new KernelException(
                KernelFault.OutOfRange, $"{name} {axis} is outside -{rank} to {rank - 1} of {rank} dimensions");

    /// <summary>Elements of an operand that says something for each dimension.</summary>
    public static int Length(TensorValue tensor, string name)
    {
        CheckIndexType(tensor, name);
        if (tensor.Rank > 1)
        {
            throw new KernelException(KernelFault.WrongShape, $"{name} is {tensor}, not one row of numbers");
        }

        return Rank(tensor.Count);
    }

    /// <summary>An operand that says something for each dimension.</summary>
    /// <param name="values">As long as <see cref="Length"/>.</param>
    public static void Read(TensorValue tensor, Span<long> values)
    {
        if (tensor.Type == ElementType.Int64)
        {
            tensor.Span<long>().CopyTo(values);
            return;
        }

        ReadOnlySpan<int> narrow = tensor.Span<int>();
        for (int i = 0; i < narrow.Length; i++)
        {
            values[i] = narrow[i];
        }
    }

    /// <summary>As <see cref="Read"/> for an operand that must have exactly as many elements as there is
    /// room.</summary>
    public static void ReadExactly(TensorValue tensor, string name, Span<long> values)
    {
        int length = Length(tensor, name);
        if (length != values.Length)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{name} has {length} elements, {values.Length} are expected");
        }

        Read(tensor, values);
    }

    /// <summary>As <see cref="ReadExactly"/> for axes, made to count from 0; none may come twice.</summary>
    public static void ReadAxes(TensorValue tensor, int rank, string name, Span<long> axes)
    {
        ReadExactly(tensor, name, axes);
        NormalizeAxes(axes, rank, name);
    }

    /// <summary>Makes axes count from 0; none may come twice.</summary>
    public static void NormalizeAxes(Span<long> axes, int rank, string name)
    {
        for (int i = 0; i < axes.Length; i++)
        {
            axes[i] = Axis(axes[i], rank, name);
            if (axes[..i].Contains(axes[i]))
            {
                throw new KernelException(KernelFault.OutOfRange, $"{name} names axis {axes[i]} twice");
            }
        }
    }

    /// <summary>An operand of one whole number.</summary>
    public static long Scalar(TensorValue tensor, string name)
    {
        CheckIndexType(tensor, name);
        if (tensor.Count != 1)
        {
            throw new KernelException(KernelFault.WrongShape, $"{name} is {tensor}, not one number");
        }

        return tensor.Type == ElementType.Int64 ? tensor.Span<long>()[0] : tensor.Span<int>()[0];
    }

    public static void CheckIndexType(TensorValue tensor, string name)
    {
        if (tensor.Type is not (ElementType.Int64 or ElementType.Int32))
        {
            throw new KernelException(KernelFault.WrongType, $"{name} is {tensor}, not si64 or si32");
        }
    }

    public static void CheckType(TensorValue tensor, ElementType type, string name)
    {
        if (tensor.Type != type)
        {
            throw new KernelException(
                KernelFault.WrongType,
                $"{name} is {ElementTypes.TextOf(tensor.Type)}, {ElementTypes.TextOf(type)} is expected");
        }
    }

    public static void CheckRank(TensorValue tensor, int rank, string name)
    {
        if (tensor.Rank != rank)
        {
            throw new KernelException(KernelFault.WrongShape, $"{name} is {tensor}, not of {rank} dimensions");
        }
    }

    /// <summary>The product of the dimensions; they are those of a tensor that exists.</summary>
    public static int Count(ReadOnlySpan<long> shape) => (int)Shapes.Product(shape);
}
