using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>Which scale belongs to which element: one for all, one for each index of an axis, or one for each block
/// along an axis.</summary>
/// <remarks>Meaning: elements go by rows of <see cref="Length"/>; the scales of a row start at
/// <see cref="First"/> and go on by <see cref="Step"/> an element.</remarks>
internal readonly record struct QuantisedLayout
{
    private readonly Lanes _lanes;
    private readonly int _block; // 0: per tensor, -1: per axis

    private QuantisedLayout(Lanes lanes, int block) => (_lanes, _block) = (lanes, block);

    public int Rows => _block == 0 ? 1 : _lanes.Outer * _lanes.Size;

    public int Length => _block == 0 ? _lanes.Size : _lanes.Inner;

    public int Step => _block > 0 ? 1 : 0;

    /// <exception cref="KernelException">The scales' shape fits in none of the three ways.</exception>
    public static QuantisedLayout Of(TensorValue x, TensorValue scale, long axis, long blockSize)
    {
        if (blockSize == 0 && scale.Count == 1 && scale.Rank <= 1)
        {
            return new QuantisedLayout(new Lanes(1, x.Count, 1), 0);
        }

        int at = Lanes.CheckAxis(axis, x.Rank);
        Lanes lanes = Lanes.Along(x.Shape, at);
        if (blockSize == 0)
        {
            return scale.Rank == 1 && scale.Count == lanes.Size
                ? new QuantisedLayout(lanes, -1)
                : throw Refusal.Shape("the scale", scale.Shape, $"one element, or {lanes.Size} for axis {at}");
        }

        bool fits = scale.Rank == x.Rank && blockSize <= int.MaxValue;
        for (int d = 0; fits && d < x.Rank; d++)
        {
            long wanted = d == at ? (x.Shape[d] + blockSize - 1) / blockSize : x.Shape[d];
            fits = scale.Shape[d] == wanted;
        }

        return fits
            ? new QuantisedLayout(lanes, (int)blockSize)
            : throw Refusal.Shape(
                "the scale", scale.Shape, $"{Shapes.Text(x.Shape)} with axis {at} in blocks of {blockSize}");
    }

    /// <summary>The first scale of a row.</summary>
    public int First(int row)
    {
        if (_block == 0)
        {
            return 0;
        }

        int index = row % _lanes.Size;
        if (_block < 0)
        {
            return index;
        }

        int blocks = (_lanes.Size + _block - 1) / _block;
        return ((row / _lanes.Size * blocks) + (index / _block)) * _lanes.Inner;
    }
}
