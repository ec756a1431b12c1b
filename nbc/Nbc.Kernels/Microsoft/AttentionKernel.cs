using System.Runtime.InteropServices;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Attention with the projection to queries, keys and values before it.</summary>
/// <remarks>
/// Shape: input [batch, rows, inputs], weights [inputs, q + k + v], past and present [2, batch, heads, rows, size].
/// Source: ONNX Runtime, com.microsoft Attention, version 1; past_sequence_length, shared buffers and its own
/// rotation of positions are refused.
/// </remarks>
internal sealed class AttentionKernel : Kernel
{
    private readonly int _heads;
    private readonly bool _isCausal;
    private readonly long[]? _widths;
    private readonly float _filter;
    private readonly double? _scale;
    private PackedConstant<float>? _weights;

    public AttentionKernel(KernelAttributes attributes)
    {
        _heads = HeadCount(attributes, "num_heads");
        _isCausal = attributes.Flag("unidirectional");
        _widths = attributes.Ints("qkv_hidden_sizes");
        _filter = (float)attributes.Float("mask_filter_value", -10000);
        _scale = ScaleOf(attributes);
        foreach (string name in (string[])["do_rotary", "past_present_share_buffer"])
        {
            if (attributes.Flag(name))
            {
                throw Operand.Attribute(name, 1, "0");
            }
        }

        if (_widths is not null && (_widths.Length != 3 || Array.Exists(_widths, w => w <= 0 || w % _heads != 0)
            || _widths[0] != _widths[1]))
        {
            throw Operand.Attribute("qkv_hidden_sizes", Shapes.Text(_widths), $"three multiples of {_heads}");
        }
    }

    /// <summary>An attribute that counts heads.</summary>
    public static int HeadCount(KernelAttributes attributes, string name) =>
        attributes.Int(name) is var heads and > 0 and <= int.MaxValue
            ? (int)heads : throw Operand.Attribute(name, attributes.Int(name), "a number above 0");

    /// <summary>Null where the size of a head gives the scale.</summary>
    public static double? ScaleOf(KernelAttributes attributes) =>
        attributes.Float("scale") is var scale && scale != 0 ? scale : null;

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<TensorValue?> constants)
    {
        if (constants.Length > 1)
        {
            _weights = ConstantMatrix.Pack(constants[1]);
        }
    }

    /// <inheritdoc/>
    public override unsafe void Run(KernelContext context)
    {
        TensorValue x = context.Input(0), w = context.Input(1);
        if (!Reals.IsSingle(x.Type))
        {
            throw Operand.Type(x, "input");
        }

        if (context.Has(6))
        {
            throw new KernelException(KernelFault.Unsupported, "past_sequence_length is not supported");
        }

        Operand.ExpectRank(x, 3, "input");
        Operand.ExpectType(w, x.Type, "weights");
        Operand.Expect(w.Rank == 2 && w.Shape[0] == x.Shape[2], w, "weights", $"{x.Shape[2]} rows");
        int all = (int)w.Shape[1], batch = (int)x.Shape[0], rows = (int)x.Shape[1];
        int key = (int)(_widths?[0] ?? (all / 3)), value = (int)(_widths?[2] ?? (all / 3));
        Operand.Expect(
            (2 * key) + value == all && key % _heads == 0 && value % _heads == 0 && key > 0, w, "weights",
            $"columns for queries, keys and values of {_heads} heads");
        Span<float> projected = Project(context, x, w, all);
        float* first = ConstantMatrix.First(projected);
        int size = key / _heads, valueSize = value / _heads;
        HeadView<float> Part(int from, int width) => new(first + from, (long)rows * all, width, all);
        HeadView<float> keys = Part(key, size), values = Part(2 * key, valueSize);
        int past = Remember(context, x.Type, (batch, rows, size, valueSize), ref keys, ref values,
            out Span<float> kept);
        TensorValue result = context.Output(0, x.Type, batch, rows, value);
        Span<float> output = Reals.Room<float>(context, result);
        HeadShape query = new(batch, _heads, rows, size, false);
        HeadAttention<float> attention = new()
        {
            Batches = batch, Heads = _heads, KeyHeads = _heads, Queries = rows, Keys = past + rows, HeadSize = size,
            ValueSize = valueSize, Query = Part(0, size), Key = keys, Value = values,
            Result = HeadView<float>.RowsFirst(ConstantMatrix.First(output), _heads, rows, valueSize),
            Scale = (float)(_scale ?? (1 / Math.Sqrt(size))),
        };
        if (context.OptionalInput(3) is { } mask)
        {
            attention.Mask.Bias = MaskReader.Keys(context, mask, query, past + rows, _filter, "mask_index");
        }

        if (context.OptionalInput(5) is { } bias)
        {
            attention.Mask.SecondBias = MaskReader.Scores(context, bias, x, query, past + rows);
        }

        if (_isCausal)
        {
            Span<int> offsets = MemoryMarshal.Cast<byte, int>(context.Scratch((long)batch * sizeof(int)));
            offsets.Fill(past);
            attention.Mask.CausalOffsets = ConstantMatrix.First(offsets);
        }

        attention.Run(context);
        Reals.Write<float>(output, result);
        _ = kept;
    }

    private unsafe Span<float> Project(KernelContext context, TensorValue x, TensorValue w, int all)
    {
        int rows = (int)(x.Shape[0] * x.Shape[1]), inputs = (int)x.Shape[2];
        Span<float> projected = MemoryMarshal.Cast<byte, float>(
            context.Scratch(checked((long)rows * all * sizeof(float))));
        projected.Clear();
        if (context.OptionalInput(2) is { } bias)
        {
            Operand.ExpectType(bias, x.Type, "bias");
            Operand.ExpectShape(bias, "bias", all);
            ReadOnlySpan<float> row = Reals.Read<float>(context, bias);
            for (int i = 0; i < rows; i++)
            {
                row.CopyTo(projected[(i * all)..]);
            }
        }

        Matrix<float> left = Matrix<float>.Dense(
            ConstantMatrix.First(Reals.Read<float>(context, x)), rows, inputs);
        float* target = ConstantMatrix.First(projected);
        if (_weights is { } packed)
        {
            MatrixProduct<float>.Multiply(context, left, packed.View, target, all, true, 1);
        }
        else
        {
            MatrixProduct<float>.Multiply(
                context, left,
                Matrix<float>.Dense(ConstantMatrix.First(Reals.Read<float>(context, w)), inputs, all),
                MatrixProduct<float>.Room(context, inputs, all), target, all, true, 1);
        }

        return projected;
    }

    // Keys and values of past and present lie in one tensor of two halves.
    private unsafe int Remember(
        KernelContext context, ElementType type, (int Batch, int Rows, int Size, int ValueSize) sizes,
        ref HeadView<float> keys, ref HeadView<float> values, out Span<float> kept)
    {
        TensorValue? past = context.OptionalInput(4);
        bool wanted = context.OutputCount > 1 && context.Wants(1);
        kept = [];
        if (past is null && !wanted)
        {
            return 0;
        }

        (int batch, int rows, int size, int valueSize) = sizes;
        int before = past is { Rank: 5 } ? (int)past.Shape[3] : 0, total = checked(before + rows);
        if (past is not null)
        {
            Operand.ExpectType(past, type, "past");
            Operand.ExpectShape(past, "past", 2, batch, _heads, before, size);
        }

        if (size != valueSize)
        {
            throw new KernelException(KernelFault.WrongShape, "a past needs keys and values of one size");
        }

        TensorValue? present = wanted ? context.Output(1, type, 2, batch, _heads, total, size) : null;
        long half = checked((long)batch * _heads * total * size);
        kept = present is not null
            ? Reals.Room<float>(context, present)
            : MemoryMarshal.Cast<byte, float>(context.Scratch(checked(2 * half * sizeof(float))));
        float* first = ConstantMatrix.First(kept);
        float* old = past is null ? null : ConstantMatrix.First(Reals.Read<float>(context, past));
        keys = Join(keys, old, first, (batch, before, rows, size));
        values = Join(
            values, old is null ? null : old + ((long)batch * _heads * before * size), first + half,
            (batch, before, rows, size));
        if (present is not null)
        {
            Reals.Write<float>(kept, present);
        }

        return before;
    }

    private unsafe HeadView<float> Join(
        HeadView<float> fresh, float* old, float* target, (int Batch, int Before, int Rows, int Size) sizes)
    {
        (int batch, int before, int rows, int size) = sizes;
        HeadView<float> view = HeadView<float>.HeadsFirst(target, _heads, before + rows, size);
        if (old is not null)
        {
            HeadView<float>.HeadsFirst(old, _heads, before, size).CopyTo(view, batch, _heads, before, size);
        }

        fresh.CopyTo(view.From((long)before * size), batch, _heads, rows, size);
        return view;
    }
}
