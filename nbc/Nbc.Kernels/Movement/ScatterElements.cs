using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>A copy with some elements updated: the index takes the place of one coordinate.</summary>
/// <remarks>
/// Meaning: updates are applied in their order, so that of several to one element without a reduction the last stays.
/// Source: ONNX operator ScatterElements, version 18.
/// </remarks>
internal sealed class ScatterElements(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 0);
    private readonly int _rule = Combine.Rule(attributes);

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue indices = context.Input(1);
        TensorValue updates = context.Input(2);
        int axis = Dimensions.Axis(_axis, Dimensions.Rank(data));
        ElementWalk.CheckInside(data, indices, axis);
        Dimensions.CheckType(updates, data.Type, "updates");
        if (!updates.Shape.SequenceEqual(indices.Shape))
        {
            throw new KernelException(
                KernelFault.WrongShape, $"updates are {updates}, indices {indices}: not of one shape");
        }

        Indices values = new(indices);
        TensorValue output = Combine.StartFrom(context, data);
        Put put = new(context, output, indices, values, axis);
        Combine.Run(ref put, _rule, updates, output);
    }

    private readonly ref struct Put(
        KernelContext context, TensorValue output, TensorValue indices, Indices values, int axis) : ICombiningMove
    {
        private readonly KernelContext _context = context;
        private readonly Indices _values = values;

        public unsafe void Move<T>(ReadOnlySpan<T> updates, Span<T> target, delegate*<T, T, T> combine)
        {
            Span<long> steps = stackalloc long[output.Rank];
            Span<long> index = stackalloc long[output.Rank];
            ElementWalk walk = new(output.Shape, indices.Shape, axis, steps, index);
            long size = output.Shape[axis];
            for (int i = 0; i < updates.Length; i++)
            {
                ref T old = ref target[(int)walk.Place(_values.At(i, size))];
                old = combine is null ? updates[i] : combine(old, updates[i]);
                walk.Next(_context);
            }
        }
    }
}
