using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Pictures from columns of blocks; where blocks overlap, their elements are added.</summary>
/// <remarks>
/// Shape: [n, channels * elements of a block, blocks] to [n, channels, picture...].
/// Accuracy: sums in the type (float16 and bfloat16: in float32).
/// Source: ONNX operator Col2Im, version 18.
/// </remarks>
internal sealed class Col2Im : Kernel
{
    private readonly long[]? _dilations;
    private readonly long[]? _pads;
    private readonly long[]? _strides;

    public Col2Im(KernelAttributes attributes)
    {
        _dilations = attributes.Ints("dilations");
        _pads = attributes.Ints("pads");
        _strides = attributes.Ints("strides");
        if (_dilations?.Any(IsBad) == true || _strides?.Any(IsBad) == true ||
            _pads?.Any(pad => pad is < 0 or > int.MaxValue) == true)
        {
            throw new KernelException(KernelFault.WrongAttribute, "dilations, strides or pads are no distances");
        }

        static bool IsBad(long step) => step is < 1 or > int.MaxValue;
    }

    public override void Run(KernelContext context)
    {
        TensorValue input = context.Input(0);
        TensorValue picture = context.Input(1);
        int axes = Dimensions.Length(picture, "image_shape");
        Span<long> size = stackalloc long[axes];
        Span<long> block = stackalloc long[axes];
        Dimensions.Read(picture, size);
        Dimensions.ReadExactly(context.Input(2), "block_shape", block);
        Dimensions.CheckRank(input, 3, "input");
        Dimensions.Rank(axes + 2);
        CheckAttributes(axes);
        Span<long> blocks = stackalloc long[axes];
        long inBlock = 1, all = 1;
        for (int i = 0; i < axes; i++)
        {
            blocks[i] = Blocks(i, axes, size[i], block[i]);
            inBlock = Bound(inBlock * block[i]);
            all = Bound(all * blocks[i]);
        }

        if (inBlock == 0 || input.Shape[1] % inBlock != 0 || input.Shape[2] != all)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"input {input} is not {all} blocks of {inBlock} elements and any channels");
        }

        Span<long> shape = stackalloc long[axes + 2];
        (shape[0], shape[1]) = (input.Shape[0], input.Shape[1] / inBlock);
        size.CopyTo(shape[2..]);
        TensorValue output = context.Output(0, input.Type, shape);
        Add add = new(context, this, size, block, blocks);
        FloatWork.Run(context, ref add, input, output);
    }

    private static long Bound(long count) => count <= int.MaxValue
        ? count
        : throw new KernelException(KernelFault.TooLarge, "blocks or their number are too large");

    private long Blocks(int axis, int axes, long size, long block)
    {
        if (size is < 0 or > int.MaxValue || block is < 1 or > int.MaxValue)
        {
            throw new KernelException(KernelFault.OutOfRange, $"blocks of {block} in a picture of {size}");
        }

        long room = size + Pad(axis) + Pad(axes + axis);
        Int128 reach = ((Int128)Dilation(axis) * (block - 1)) + 1;
        return reach > room ? 0 : ((room - (long)reach) / Stride(axis)) + 1;
    }

    private void CheckAttributes(int axes)
    {
        bool fits = (_dilations?.Length ?? axes) == axes && (_strides?.Length ?? axes) == axes &&
            (_pads?.Length ?? (2 * axes)) == 2 * axes;
        if (!fits)
        {
            throw new KernelException(KernelFault.WrongAttribute,
                $"dilations, strides or pads are not for {axes} axes");
        }
    }

    private long Pad(int i) => _pads is null ? 0 : _pads[i];

    private long Dilation(int i) => _dilations is null ? 1 : _dilations[i];

    private long Stride(int i) => _strides is null ? 1 : _strides[i];

    private readonly ref struct Add(
        KernelContext context,
        Col2Im col2Im,
        ReadOnlySpan<long> size,
        ReadOnlySpan<long> block,
        ReadOnlySpan<long> blocks)
        : IFloatWork
    {
        private readonly ReadOnlySpan<long> _size = size;
        private readonly ReadOnlySpan<long> _block = block;
        private readonly ReadOnlySpan<long> _blocks = blocks;

        public void Run<T>(ReadOnlySpan<T> x, Span<T> y)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            y.Clear();
            int inBlock = Dimensions.Count(_block), all = Dimensions.Count(_blocks), plane = Dimensions.Count(_size);
            if (x.IsEmpty || y.IsEmpty)
            {
                return;
            }

            Span<long> element = stackalloc long[_size.Length];
            Span<long> place = stackalloc long[_size.Length];
            element.Clear();
            int rows = x.Length / all;
            for (int row = 0; row < rows; row++)
            {
                place.Clear();
                Span<T> picture = y.Slice(row / inBlock * plane, plane);
                for (int i = 0; i < all; i++)
                {
                    int to = Target(element, place);
                    if (to >= 0)
                    {
                        picture[to] += x[(row * all) + i];
                    }

                    Step(place, _blocks);
                }

                Step(element, _block);
                context.ThrowIfCancelled();
            }
        }

        // Where an element of a block lies in the picture, or -1 when that is in its padding.
        private int Target(ReadOnlySpan<long> element, ReadOnlySpan<long> place)
        {
            long target = 0;
            for (int i = 0; i < _size.Length; i++)
            {
                long at = (place[i] * col2Im.Stride(i)) + (element[i] * col2Im.Dilation(i)) - col2Im.Pad(i);
                if (at < 0 || at >= _size[i])
                {
                    return -1;
                }

                target = (target * _size[i]) + at;
            }

            return (int)target;
        }

        private static void Step(Span<long> index, ReadOnlySpan<long> limits)
        {
            for (int i = index.Length - 1; i >= 0 && ++index[i] == limits[i]; i--)
            {
                index[i] = 0;
            }
        }
    }
}
