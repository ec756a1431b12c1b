using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>For each index a row of off values with one on value at that place.</summary>
/// <remarks>
/// Meaning: a negative index counts from the end; one outside the row leaves it all off; fractions are cut off.
/// Source: ONNX operator OneHot, version 11.
/// </remarks>
internal sealed class OneHot(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", -1);

    public override void Run(KernelContext context)
    {
        TensorValue indices = context.Input(0);
        TensorValue values = context.Input(2);
        double depthValue = Scalars.One(context.Input(1), "depth");
        if (!(depthValue >= 0 && depthValue <= int.MaxValue))
        {
            throw new KernelException(KernelFault.OutOfRange, $"depth is {depthValue}, not a size");
        }

        if (values.Count != 2)
        {
            throw new KernelException(KernelFault.WrongShape, $"values are {values}, not off and on");
        }

        int depth = (int)depthValue;
        int rank = Dimensions.Rank(indices.Rank + 1);
        int axis = Dimensions.Axis(_axis, rank);
        Span<long> shape = stackalloc long[rank];
        indices.Shape[..axis].CopyTo(shape);
        shape[axis] = depth;
        indices.Shape[axis..].CopyTo(shape[(axis + 1)..]);
        TensorValue output = context.Output(0, values.Type, shape);
        Light light = new(context, indices, depth, Dimensions.Count(indices.Shape[axis..]));
        ElementMove.Run(ref light, values, output);
    }

    private readonly ref struct Light(KernelContext context, TensorValue indices, int depth, int inner) : IElementMove
    {
        private const int Block = 1 << 14;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            target.Fill(source[0]);
            for (int i = 0; i < indices.Count; i++)
            {
                long place = Scalars.ToLong(indices, i);
                place = place < 0 ? place + depth : place;
                if (place >= 0 && place < depth)
                {
                    int outer = i / inner;
                    target[(((outer * depth) + (int)place) * inner) + (i % inner)] = source[1];
                }

                if ((i & (Block - 1)) == 0)
                {
                    context.ThrowIfCancelled();
                }
            }
        }
    }
}
