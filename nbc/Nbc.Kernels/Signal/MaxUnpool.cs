using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Puts what MaxPool kept back where it was, zero elsewhere.</summary>
/// <remarks>
/// Meaning: the indices count in the whole tensor whose size follows from kernel, strides and pads. When output_shape
/// asks for another size, elements keep their coordinates.
/// Source: ONNX operator MaxUnpool, version 22.
/// </remarks>
internal sealed class MaxUnpool : Kernel
{
    private readonly long[] _kernel;
    private readonly long[]? _pads;
    private readonly long[]? _strides;

    public MaxUnpool(KernelAttributes attributes)
    {
        attributes.Require("kernel_shape");
        _kernel = attributes.Ints("kernel_shape")!;
        _pads = attributes.Ints("pads");
        _strides = attributes.Ints("strides");
        bool isFine = _kernel.Length is > 0 and < Dimensions.MaxRank - 2 &&
            (_pads?.Length ?? (2 * _kernel.Length)) == 2 * _kernel.Length &&
            (_strides?.Length ?? _kernel.Length) == _kernel.Length &&
            _kernel.Concat(_strides ?? []).All(size => size is >= 1 and <= int.MaxValue) &&
            (_pads ?? []).All(pad => pad is >= 0 and <= int.MaxValue);
        if (!isFine)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, "kernel_shape, strides and pads do not describe a pooling");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue places = context.Input(1);
        Dimensions.CheckType(places, ElementType.Int64, "I");
        int rank = _kernel.Length + 2;
        Dimensions.CheckRank(x, rank, "X");
        if (!places.Shape.SequenceEqual(x.Shape))
        {
            throw new KernelException(KernelFault.WrongShape, $"I is {places}, X is {x}");
        }

        Span<long> pooled = stackalloc long[rank];
        Span<long> shape = stackalloc long[rank];
        Infer(x, pooled);
        pooled.CopyTo(shape);
        if (context.OptionalInput(2) is { } wanted)
        {
            Dimensions.ReadExactly(wanted, "output_shape", shape);
        }

        TensorValue output = context.Output(0, x.Type, shape);
        ElementMove.Clear(output);
        Put put = new(context, places, pooled, shape);
        ElementMove.Run(ref put, x, output);
    }

    private void Infer(TensorValue x, Span<long> pooled)
    {
        x.Shape[..2].CopyTo(pooled);
        int axes = _kernel.Length;
        for (int i = 0; i < axes; i++)
        {
            long size = ((x.Shape[i + 2] - 1) * (_strides?[i] ?? 1)) + _kernel[i];
            size -= _pads is null ? 0 : _pads[i] + _pads[axes + i];
            pooled[i + 2] = size >= 0 ? size : throw new KernelException(
                KernelFault.WrongShape, $"the pads take away all of axis {i + 2} of {x}");
        }

        if (!Tensor.TryCount(pooled, out long count) || count > int.MaxValue)
        {
            throw new KernelException(KernelFault.TooLarge, $"{Shapes.Text(pooled)} is too large for a tensor");
        }
    }

    private readonly ref struct Put(
        KernelContext context, TensorValue places, ReadOnlySpan<long> pooled, ReadOnlySpan<long> shape) : IElementMove
    {
        private const int Block = 1 << 14;
        private readonly ReadOnlySpan<long> _pooled = pooled;
        private readonly ReadOnlySpan<long> _shape = shape;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            Indices indices = new(places);
            long count = Shapes.Product(_pooled);
            for (int i = 0; i < source.Length; i++)
            {
                target[Target(indices.At(i, count))] = source[i];
                if ((i & (Block - 1)) == 0)
                {
                    context.ThrowIfCancelled();
                }
            }
        }

        // The same coordinates in the shape that is wanted.
        private int Target(long place)
        {
            long target = 0, step = 1;
            for (int axis = _shape.Length - 1; axis >= 0; axis--)
            {
                long coordinate = place % _pooled[axis];
                place /= _pooled[axis];
                if (coordinate >= _shape[axis])
                {
                    throw new KernelException(
                        KernelFault.OutOfRange, $"an index names {coordinate} on axis {axis} of {Shapes.Text(_shape)}");
                }

                target += coordinate * step;
                step *= _shape[axis];
            }

            return (int)target;
        }
    }
}
