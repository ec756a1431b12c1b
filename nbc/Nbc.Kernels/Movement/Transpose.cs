using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Axes in another order.</summary>
/// <remarks>
/// Meaning: axis i of the result is axis perm[i] of the operand; without perm the order is reversed.
/// Source: ONNX operator Transpose, version 25.
/// </remarks>
internal sealed class Transpose : Kernel
{
    private readonly long[]? _order;

    public Transpose(KernelAttributes attributes)
    {
        _order = attributes.Ints("perm");
        for (int i = 0; i < (_order?.Length ?? 0); i++)
        {
            if (!_order.Contains(i))
            {
                throw new KernelException(
                    KernelFault.WrongAttribute, $"perm {Shapes.Text(_order)} does not name axis {i}");
            }
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        int rank = Dimensions.Rank(data);
        if (_order is not null && _order.Length != rank)
        {
            throw new KernelException(KernelFault.WrongShape, $"perm {Shapes.Text(_order)} does not fit {data}");
        }

        Span<long> steps = stackalloc long[rank];
        Span<long> shape = stackalloc long[rank];
        Span<long> from = stackalloc long[rank];
        Shapes.Strides(data.Shape, steps);
        for (int i = 0; i < rank; i++)
        {
            int axis = _order is null ? rank - 1 - i : (int)_order[i];
            shape[i] = data.Shape[axis];
            from[i] = steps[axis];
        }

        if (KeepsOrder(data, shape, from, steps))
        {
            context.View(0, 0, shape);
            return;
        }

        StridedCopy.Gather(context, data, from, 0, context.Output(0, data.Type, shape));
    }

    // Only axes of one element moved: nothing changes place.
    private static bool KeepsOrder(
        TensorValue data, ReadOnlySpan<long> shape, ReadOnlySpan<long> from, ReadOnlySpan<long> steps)
    {
        int next = 0;
        for (int i = 0; i < shape.Length; i++)
        {
            if (shape[i] == 1)
            {
                continue;
            }

            while (data.Shape[next] == 1)
            {
                next++;
            }

            if (from[i] != steps[next] || shape[i] != data.Shape[next])
            {
                return false;
            }

            next++;
        }

        return true;
    }
}
