using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>One element for each index: the index takes the place of one coordinate, the others stay.</summary>
/// <remarks>Source: ONNX operator GatherElements, version 13.</remarks>
internal sealed class GatherElements(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 0);

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue indices = context.Input(1);
        int axis = Dimensions.Axis(_axis, Dimensions.Rank(data));
        ElementWalk.CheckInside(data, indices, axis);
        Indices values = new(indices);
        TensorValue output = context.Output(0, data.Type, indices.Shape);
        Pick pick = new(context, data, indices, values, axis);
        ElementMove.Run(ref pick, data, output);
    }

    private readonly ref struct Pick(
        KernelContext context, TensorValue data, TensorValue indices, Indices values, int axis) : IElementMove
    {
        private readonly KernelContext _context = context;
        private readonly Indices _values = values;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            Span<long> steps = stackalloc long[data.Rank];
            Span<long> index = stackalloc long[data.Rank];
            ElementWalk walk = new(data.Shape, indices.Shape, axis, steps, index);
            long size = data.Shape[axis];
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = source[(int)walk.Place(_values.At(i, size))];
                walk.Next(_context);
            }
        }
    }
}
