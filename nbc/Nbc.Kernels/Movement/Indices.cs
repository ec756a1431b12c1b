using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Positions along an axis, given as data: si32 or si64, counted from the end when negative.</summary>
internal readonly ref struct Indices
{
    private readonly ReadOnlySpan<long> _wide;
    private readonly ReadOnlySpan<int> _narrow;

    public Indices(TensorValue tensor)
    {
        Dimensions.CheckIndexType(tensor, "indices");
        if (tensor.Type == ElementType.Int64)
        {
            _wide = tensor.Span<long>();
        }
        else
        {
            _narrow = tensor.Span<int>();
        }
    }

    public long this[int i] => _wide.IsEmpty ? _narrow[i] : _wide[i];

    /// <summary>The position that index <paramref name="i"/> names, from 0 up to, and without, the size.</summary>
    /// <exception cref="KernelException">It is outside the axis.</exception>
    public int At(int i, long size)
    {
        long index = this[i];
        if (index < -size || index >= size)
        {
            Refuse(index, size);
        }

        return (int)(index < 0 ? index + size : index);
    }

    private static void Refuse(long index, long size) =>
        throw new KernelException(KernelFault.OutOfRange, $"index {index} is outside an axis of {size}");
}
