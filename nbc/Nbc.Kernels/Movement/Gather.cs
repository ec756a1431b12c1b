using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Slices along one axis, picked by their positions.</summary>
/// <remarks>
/// Meaning: result[outer, i.., inner] = data[outer, indices[i..], inner].
/// Source: ONNX operator Gather, version 13.
/// </remarks>
internal sealed class Gather(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 0);

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue indices = context.Input(1);
        int axis = Dimensions.Axis(_axis, Dimensions.Rank(data));
        Dimensions.CheckIndexType(indices, "indices");
        int rank = Dimensions.Rank(data.Rank - 1 + indices.Rank);
        Span<long> shape = stackalloc long[rank];
        data.Shape[..axis].CopyTo(shape);
        indices.Shape.CopyTo(shape[axis..]);
        data.Shape[(axis + 1)..].CopyTo(shape[(axis + indices.Rank)..]);
        TensorValue output = context.Output(0, data.Type, shape);
        if (output.Count == 0)
        {
            return;
        }

        Pick pick = new(
            context,
            new Indices(indices),
            indices.Count,
            data.Shape[axis],
            Dimensions.Count(data.Shape[..axis]),
            Dimensions.Count(data.Shape[(axis + 1)..]));
        ElementMove.Run(ref pick, data, output);
    }

    private readonly ref struct Pick(
        KernelContext context, Indices indices, int count, long size, int outer, int inner) : IElementMove
    {
        private readonly KernelContext _context = context;
        private readonly Indices _indices = indices;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int to = 0, span = (int)size * inner;
            for (int o = 0; o < outer; o++)
            {
                ReadOnlySpan<T> block = source.Slice(o * span, span);
                for (int i = 0; i < count; i++, to += inner)
                {
                    int from = _indices.At(i, size);
                    if (inner == 1)
                    {
                        target[to] = block[from];
                    }
                    else
                    {
                        block.Slice(from * inner, inner).CopyTo(target[to..]);
                    }
                }

                _context.ThrowIfCancelled();
            }
        }
    }
}
