using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>The same elements under another shape.</summary>
/// <remarks>
/// Meaning: a size of 0 keeps the operand's size of that axis, with allowzero it is 0; one size may be -1: what is
/// left.
/// Source: ONNX operator Reshape, version 25.
/// </remarks>
internal sealed class Reshape(KernelAttributes attributes) : Kernel
{
    private readonly bool _allowZero = attributes.Flag("allowzero");

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue wanted = context.Input(1);
        Span<long> shape = stackalloc long[Dimensions.Length(wanted, "shape")];
        Dimensions.Read(wanted, shape);
        int open = Resolve(data, shape, out ulong kept);
        if (open >= 0)
        {
            Fill(data, shape, open, kept);
        }

        if (!Tensor.TryCount(shape, out long count) || count != data.Count)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{data} cannot take the shape {Shapes.Text(shape)}");
        }

        context.View(0, 0, shape);
    }

    // The axis that is -1, or -1 when there is none; and which axes keep their size, a bit each.
    private int Resolve(TensorValue data, Span<long> shape, out ulong kept)
    {
        int open = -1;
        kept = 0;
        bool zero = false;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !_allowZero)
            {
                kept |= 1UL << i;
                shape[i] = i < data.Rank ? data.Shape[i] : throw new KernelException(
                    KernelFault.WrongShape, $"size {i} is kept, but {data} has no such axis");
            }
            else if (shape[i] == -1)
            {
                open = open < 0 ? i : throw new KernelException(
                    KernelFault.WrongShape, $"{Shapes.Text(shape)} leaves two sizes open");
            }
            else if (shape[i] < 0)
            {
                throw new KernelException(KernelFault.WrongShape, $"{shape[i]} is no size");
            }

            zero |= shape[i] == 0;
        }

        return open >= 0 && zero && _allowZero
            ? throw new KernelException(KernelFault.WrongShape, "with allowzero a shape holds a 0 or a -1, not both")
            : open;
    }

    private static void Fill(TensorValue data, Span<long> shape, int open, ulong kept)
    {
        shape[open] = 1;
        bool known = Tensor.TryCount(shape, out long rest);
        if (!known || (rest == 0 ? data.Count != 0 : data.Count % rest != 0))
        {
            shape[open] = -1;
            throw new KernelException(KernelFault.WrongShape, $"{data} cannot take the shape {Shapes.Text(shape)}");
        }

        shape[open] = rest == 0 ? OfEmpty(data, shape, open, kept) : data.Count / rest;
    }

    // Nothing divided by nothing: what the sizes that are not kept leave, as it is for any other size of those.
    private static long OfEmpty(TensorValue data, ReadOnlySpan<long> shape, int open, ulong kept)
    {
        Int128 all = 1, given = 1;
        for (int i = 0; i < Math.Max(data.Rank, shape.Length); i++)
        {
            bool isKept = (kept >> i & 1) != 0;
            all = i < data.Rank && !isKept ? all * data.Shape[i] : all;
            given = i < shape.Length && i != open && !isKept ? given * shape[i] : given;
            if (all > long.MaxValue || given > long.MaxValue)
            {
                return 0;
            }
        }

        return given > 0 && all % given == 0 ? (long)(all / given) : 0;
    }
}
