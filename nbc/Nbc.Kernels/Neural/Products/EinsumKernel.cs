using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Products;

/// <summary>Sums of products over named axes.</summary>
/// <remarks>
/// Meaning: as numpy.einsum: repeated letters of a term take its diagonal, letters that the output lacks are summed.
/// Cost: two operands go through matrix products where an axis of each, one of both and a row of the output allow;
/// otherwise one multiplication an operand for each combination of all letters.
/// Source: ONNX operator Einsum, version 12.
/// </remarks>
internal sealed class EinsumKernel : Kernel
{
    private readonly EinsumEquation _equation;

    public EinsumKernel(KernelAttributes attributes)
    {
        _equation = new EinsumEquation(attributes.Text("equation"));
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue first = context.Input(0);
        switch (first.Type)
        {
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                Run<float>(context, first.Type);
                break;
            case ElementType.Float64:
                Run<double>(context, first.Type);
                break;
            case ElementType.Int8 or ElementType.UInt8:
                Run<byte>(context, first.Type);
                break;
            case ElementType.Int16 or ElementType.UInt16:
                Run<ushort>(context, first.Type);
                break;
            case ElementType.Int32 or ElementType.UInt32:
                Run<uint>(context, first.Type);
                break;
            case ElementType.Int64 or ElementType.UInt64:
                Run<ulong>(context, first.Type);
                break;
            default:
                throw Operand.Type(first, "operand 0");
        }
    }

    private unsafe void Run<T>(KernelContext context, ElementType type)
        where T : unmanaged, INumber<T>
    {
        int count = _equation.Terms.Length;
        if (context.InputCount != count)
        {
            throw new KernelException(
                KernelFault.MissingOperand, $"the equation has {count} terms, there are {context.InputCount} operands");
        }

        int broadcast = EllipsisRank(context);
        int axes = broadcast + _equation.Letters.Length;
        Span<long> sizes = stackalloc long[axes];
        Span<long> steps = stackalloc long[axes * (count + 1)];
        sizes.Fill(-1);
        T** operands = stackalloc T*[count];
        for (int i = 0; i < count; i++)
        {
            TensorValue operand = context.Input(i);
            Operand.ExpectType(operand, type, "an operand");
            Bind(operand, _equation.Terms[i], broadcast, sizes, steps.Slice(i * axes, axes));
            operands[i] = ConstantMatrix.First(Reals.Read<T>(context, operand));
        }

        sizes.Replace(-1, 1);
        int outer = broadcast + _equation.OutputLetters;
        TensorValue result = Make(context, type, broadcast, sizes, steps.Slice(count * axes, axes), outer);
        Span<T> output = Reals.Room<T>(context, result);
        output.Clear();
        if (result.Count > 0 && Shapes.Product(sizes) > 0)
        {
            EinsumLoops<T>.Run(
                context, operands, count, ConstantMatrix.First(output), sizes, steps);
        }

        Reals.Write<T>(output, result);
    }

    private int EllipsisRank(KernelContext context)
    {
        int rank = 0;
        for (int i = 0; i < _equation.Terms.Length; i++)
        {
            string term = _equation.Terms[i];
            TensorValue operand = context.Input(i);
            int letters = term.Length - (term.Contains(EinsumEquation.Ellipsis) ? 1 : 0);
            Operand.Expect(
                letters == term.Length ? operand.Rank == letters : operand.Rank >= letters, operand, "an operand",
                $"the dimensions of {term}");
            rank = Math.Max(rank, operand.Rank - letters);
        }

        return rank;
    }

    // Axes: those of the ellipsis, aligned at their end, then the letters.
    private void Bind(
        TensorValue operand, string term, int broadcast, Span<long> sizes, Span<long> steps)
    {
        Span<long> strides = stackalloc long[operand.Rank];
        Shapes.Strides(operand.Shape, strides);
        int axis = 0, hidden = operand.Rank - (term.Length - 1);
        foreach (char letter in term)
        {
            int repeat = letter == EinsumEquation.Ellipsis ? hidden : 1;
            int target = letter == EinsumEquation.Ellipsis
                ? broadcast - hidden
                : broadcast + _equation.Letters.IndexOf(letter, StringComparison.Ordinal);
            for (int i = 0; i < repeat; i++, axis++, target++)
            {
                long size = operand.Shape[axis];
                if (sizes[target] is -1 or 1)
                {
                    sizes[target] = size;
                }

                Operand.Expect(
                    size == sizes[target] || size == 1, operand, "an operand",
                    $"{sizes[target]} in dimension {axis}");
                steps[target] += size == 1 ? 0 : strides[axis];
            }
        }
    }

    private TensorValue Make(
        KernelContext context, ElementType type, int broadcast, ReadOnlySpan<long> sizes, Span<long> steps, int outer)
    {
        bool kept = _equation.Output.Contains(EinsumEquation.Ellipsis);
        Span<long> shape = stackalloc long[outer];
        Span<int> axes = stackalloc int[outer];
        int rank = 0, letter = broadcast;
        foreach (char sign in _equation.Output)
        {
            for (int i = 0; sign == EinsumEquation.Ellipsis && i < broadcast; i++)
            {
                axes[rank] = i;
                shape[rank++] = sizes[i];
            }

            if (sign != EinsumEquation.Ellipsis)
            {
                axes[rank] = letter;
                shape[rank++] = sizes[letter++];
            }
        }

        if (!kept && broadcast > 0)
        {
            // numpy sums what an explicit output leaves out, the ellipsis too.
            shape = shape[..rank];
            axes = axes[..rank];
        }

        long step = 1;
        for (int i = rank - 1; i >= 0; i--)
        {
            steps[axes[i]] = step;
            step *= shape[i];
        }

        return context.Output(0, type, shape[..rank]);
    }
}
