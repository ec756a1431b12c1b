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
        int open = Resolve(data, shape);
        if (open >= 0)
        {
            Fill(data, shape, open);
        }

        if (!Tensor.TryCount(shape, out long count) || count != data.Count)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"{data} cannot take the shape {Shapes.Text(shape)}");
        }

        context.View(0, 0, shape);
    }

    // The axis that is -1, or -1 when there is none.
    private int Resolve(TensorValue data, Span<long> shape)
    {
        int open = -1;
        bool zero = false;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 0 && !_allowZero)
            {
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

    private static void Fill(TensorValue data, Span<long> shape, int open)
    {
        shape[open] = 1;
        bool known = Tensor.TryCount(shape, out long rest);
        if (!known || (rest == 0 ? data.Count != 0 : data.Count % rest != 0))
        {
            shape[open] = -1;
            throw new KernelException(KernelFault.WrongShape, $"{data} cannot take the shape {Shapes.Text(shape)}");
        }

        shape[open] = rest == 0 ? 0 : data.Count / rest;
    }
}
