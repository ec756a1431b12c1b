using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>A matrix product with weights of 2, 4 or 8 bits in blocks that share a scale.</summary>
/// <remarks>
/// Shape: A [.., K], B [N, blocks, block bytes] with the first number in the lowest bits, scales [N * blocks], zero
/// points packed like B or numbers of A's type, result [.., N].
/// Meaning: weight = (bits - zero point) * scale; without zero points half of the range.
/// Accuracy: float; weights widen exactly.
/// Cost: widens every weight once a run, straight into the panels of the product.
/// Source: ONNX Runtime, com.microsoft MatMulNBits, version 1.
/// </remarks>
internal sealed class MatmulNbitsKernel : Kernel
{
    private const int ColumnsAtOnce = 512;
    private readonly int _depth, _columns, _bits, _block, _blocks;

    public MatmulNbitsKernel(KernelAttributes attributes)
    {
        _depth = Positive(attributes, "K");
        _columns = Positive(attributes, "N");
        _block = Positive(attributes, "block_size");
        _bits = (int)attributes.Int("bits", 4);
        if (_bits is not (2 or 4 or 8))
        {
            throw Operand.Attribute("bits", _bits, "2, 4 or 8");
        }

        if (_block < 16 || !int.IsPow2(_block))
        {
            throw Operand.Attribute("block_size", _block, "a power of two, 16 or more");
        }

        _blocks = (int)(((long)_depth + _block - 1) / _block);
    }

    /// <inheritdoc/>
    public override unsafe void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        if (!Reals.IsSingle(a.Type))
        {
            throw Operand.Type(a, "A");
        }

        Operand.Expect(a.Rank > 0 && a.Shape[^1] == _depth, a, "A", $"{_depth} columns");
        Weights weights = Open(context, a);
        Span<long> shape = stackalloc long[a.Rank];
        a.Shape.CopyTo(shape);
        shape[^1] = _columns;
        TensorValue result = context.Output(0, a.Type, shape);
        if (result.Count == 0)
        {
            return;
        }

        Span<float> output = Reals.Room<float>(context, result);
        bool add = AddBias(context, a, output);
        int rows = a.Count / _depth;
        Matrix<float> left = Matrix<float>.Dense(
            ConstantMatrix.First(Reals.Read<float>(context, a)), rows, _depth);
        int deep = Math.Min(_depth, MatrixProduct<float>.DepthAtOnce), panel = MatrixProduct<float>.PanelWidth;
        Span<float> packed = ConstantMatrix.Room<float>(
            context, MatrixProduct<float>.PackedCount(deep, Math.Min(_columns, ColumnsAtOnce)));
        float* target = ConstantMatrix.First(output);
        for (int at = 0; at < _columns; at += ColumnsAtOnce)
        {
            int columns = Math.Min(ColumnsAtOnce, _columns - at);
            for (int top = 0; top < _depth; top += deep)
            {
                context.ThrowIfCancelled();
                int depth = Math.Min(deep, _depth - top);
                Widen(weights, at, columns, top, depth, packed);
                MatrixProduct<float>.Block(
                    new Matrix<float>(left.First + top, rows, depth, _depth, 1), ConstantMatrix.First(packed),
                    (long)depth * panel, columns, target + at, _columns, add || top > 0, 1);
            }
        }

        Reals.Write<float>(output, result);
    }

    private static int Positive(KernelAttributes attributes, string name) =>
        attributes.Int(name) is var value and > 0 and <= int.MaxValue
            ? (int)value : throw Operand.Attribute(name, attributes.Int(name), "a number above 0");

    private Weights Open(KernelContext context, TensorValue a)
    {
        TensorValue b = context.Input(1), scales = context.Input(2);
        TensorValue? zeros = context.OptionalInput(3), groups = context.OptionalInput(4);
        long blockBytes = (long)_block * _bits / 8, numbers = (long)_columns * _blocks;
        Operand.ExpectType(b, ElementType.UInt8, "B");
        Operand.Expect(b.Count == numbers * blockBytes, b, "B", $"[{_columns}, {_blocks}, {blockBytes}]");
        Operand.ExpectType(scales, a.Type, "scales");
        Operand.Expect(scales.Count == numbers, scales, "scales", $"{numbers} numbers");
        int zeroBytes = ((_blocks * _bits) + 7) / 8;
        bool packed = zeros?.Type == ElementType.UInt8;
        if (zeros is not null)
        {
            Operand.Expect(
                packed ? zeros.Count == (long)_columns * zeroBytes : zeros.Type == a.Type && zeros.Count == numbers,
                zeros, "zero_points", $"{_columns} rows of {zeroBytes} bytes, or {numbers} numbers as A's");
        }

        if (groups is not null)
        {
            Operand.ExpectType(groups, ElementType.Int32, "g_idx");
            Operand.Expect(
                groups.Count == _depth || groups.Count == _blocks * _block, groups, "g_idx", $"{_depth} numbers");
            foreach (int group in groups.Span<int>()[.._depth])
            {
                if ((uint)group >= (uint)_blocks)
                {
                    throw new KernelException(
                        KernelFault.OutOfRange, $"g_idx has {group}, expected 0 to {_blocks - 1}");
                }
            }
        }

        return new Weights
        {
            Bytes = b.Span<byte>(),
            Scales = Reals.Read<float>(context, scales),
            PackedZeros = packed ? zeros!.Span<byte>() : [],
            Zeros = zeros is null || packed ? [] : Reals.Read<float>(context, zeros),
            Groups = groups is null ? [] : groups.Span<int>(),
            ZeroBytes = zeroBytes,
        };
    }

    private bool AddBias(KernelContext context, TensorValue a, Span<float> output)
    {
        if (context.OptionalInput(5) is not { } bias)
        {
            return false;
        }

        Operand.ExpectType(bias, a.Type, "bias");
        Operand.ExpectShape(bias, "bias", _columns);
        ReadOnlySpan<float> row = Reals.Read<float>(context, bias);
        for (int i = 0; i < output.Length; i += _columns)
        {
            row.CopyTo(output[i..]);
        }

        return true;
    }

    // Writes the panels that PackedMatrix describes.
    private void Widen(Weights weights, int left, int columns, int top, int depth, Span<float> packed)
    {
        int panel = MatrixProduct<float>.PanelWidth, perByte = 8 / _bits, mask = (1 << _bits) - 1;
        long rowBytes = (long)_blocks * _block * _bits / 8;
        int padded = (columns + panel - 1) / panel * panel;
        for (int j = 0; j < padded; j++)
        {
            Span<float> target = packed.Slice((j / panel * depth * panel) + (j % panel));
            if (j >= columns)
            {
                for (int p = 0; p < depth; p++)
                {
                    target[p * panel] = 0;
                }

                continue;
            }

            int n = left + j, known = -1;
            float scale = 0, zero = 0;
            ReadOnlySpan<byte> row = weights.Bytes.Slice((int)(n * rowBytes), (int)rowBytes);
            for (int p = 0; p < depth; p++)
            {
                int k = top + p, group = weights.Groups.IsEmpty ? k / _block : weights.Groups[k];
                if (group != known)
                {
                    known = group;
                    scale = weights.Scales[(n * _blocks) + group];
                    zero = Zero(weights, n, group);
                }

                int bits = (row[k / perByte] >> (k % perByte * _bits)) & mask;
                target[p * panel] = (bits - zero) * scale;
            }
        }
    }

    private float Zero(in Weights weights, int n, int group)
    {
        if (!weights.Zeros.IsEmpty)
        {
            return weights.Zeros[(n * _blocks) + group];
        }

        if (weights.PackedZeros.IsEmpty)
        {
            return 1 << (_bits - 1);
        }

        int perByte = 8 / _bits;
        byte packed = weights.PackedZeros[(n * weights.ZeroBytes) + (group / perByte)];
        return (packed >> (group % perByte * _bits)) & ((1 << _bits) - 1);
    }

    private ref struct Weights
    {
        public ReadOnlySpan<byte> Bytes, PackedZeros;
        public ReadOnlySpan<float> Scales, Zeros;
        public ReadOnlySpan<int> Groups;
        public int ZeroBytes;
    }
}
