using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Slices along an axis for which a condition holds; without an axis, elements.</summary>
/// <remarks>
/// Meaning: a condition that is shorter than the axis leaves out the rest.
/// Source: ONNX operator Compress, version 11.
/// </remarks>
internal sealed class Compress(KernelAttributes attributes) : Kernel
{
    private readonly long? _axis = attributes.Has("axis") ? attributes.Int("axis") : null;

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        TensorValue condition = context.Input(1);
        Dimensions.CheckType(condition, ElementType.Bool, "condition");
        Dimensions.CheckRank(condition, 1, "condition");
        int rank = Dimensions.Rank(input);
        int axis = _axis is { } named ? Dimensions.Axis(named, rank) : 0;
        long size = _axis is null ? input.Count : input.Shape[axis];
        ReadOnlySpan<byte> holds = condition.Span<byte>();
        if (holds.Length > size)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"condition has {holds.Length} elements, the axis {size}");
        }

        int kept = holds.Length - holds.Count((byte)0);
        Span<long> shape = stackalloc long[_axis is null ? 1 : rank];
        int outer = 1, inner = 1;
        if (_axis is not null)
        {
            input.Shape.CopyTo(shape);
            outer = Dimensions.Count(input.Shape[..axis]);
            inner = Dimensions.Count(input.Shape[(axis + 1)..]);
        }

        shape[_axis is null ? 0 : axis] = kept;
        TensorValue output = context.Output(0, input.Type, shape);
        Keep keep = new(context, holds, outer, (int)size, inner);
        ElementMove.Run(ref keep, input, output);
    }

    private readonly ref struct Keep(KernelContext context, ReadOnlySpan<byte> holds, int outer, int size, int inner)
        : IElementMove
    {
        private readonly ReadOnlySpan<byte> _holds = holds;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int to = 0;
            for (int o = 0; o < outer; o++)
            {
                for (int i = 0; i < _holds.Length; i++)
                {
                    if (_holds[i] != 0)
                    {
                        source.Slice(((o * size) + i) * inner, inner).CopyTo(target[to..]);
                        to += inner;
                    }
                }

                context.ThrowIfCancelled();
            }
        }
    }
}
