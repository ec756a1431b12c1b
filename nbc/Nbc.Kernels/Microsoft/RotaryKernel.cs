using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Turns pairs of numbers of each head by angles of their position.</summary>
/// <remarks>
/// Shape: input [batch, rows, heads * size] or [batch, heads, rows, size]; position_ids [batch, rows], or one number
/// to which rows are added.
/// Source: ONNX Runtime, com.microsoft RotaryEmbedding, version 1; packed batches and a scale are refused.
/// </remarks>
internal sealed class RotaryKernel : Kernel
{
    private readonly bool _interleaved;
    private readonly long _heads, _turned;

    public RotaryKernel(KernelAttributes attributes)
    {
        _interleaved = attributes.Flag("interleaved");
        _heads = attributes.Int("num_heads");
        _turned = attributes.Int("rotary_embedding_dim");
        if (attributes.Flag("is_packed_batching") || attributes.Float("scale", 1) != 1)
        {
            throw Operand.Attribute("scale", attributes.Float("scale", 1), "1, without packed batches");
        }

        if (_turned < 0 || _heads < 0 || (_turned > 0 && _heads == 0))
        {
            throw Operand.Attribute("num_heads", _heads, "a number with rotary_embedding_dim");
        }
    }

    /// <inheritdoc/>
    public override unsafe void Run(KernelContext context)
    {
        TensorValue x = context.Input(0), positions = context.Input(1), cos = context.Input(2), sin = context.Input(3);
        if (!Reals.IsSingle(x.Type))
        {
            throw Operand.Type(x, "input");
        }

        Operand.Expect(x.Rank is 3 or 4, x, "input", "three or four dimensions");
        Operand.ExpectType(positions, ElementType.Int64, "position_ids");
        Operand.ExpectType(cos, x.Type, "cos_cache");
        Operand.ExpectType(sin, x.Type, "sin_cache");
        Operand.ExpectRank(cos, 2, "cos_cache");
        Operand.ExpectShape(sin, "sin_cache", cos.Shape);
        int turned = checked((int)cos.Shape[1] * 2);
        Operand.Expect(_turned == 0 || turned == _turned, cos, "cos_cache", $"{_turned / 2} columns");
        HeadShape shape = Measure(x, turned);
        Operand.Expect(
            positions.Count == 1 || (positions.Rank == 2 && positions.Shape[0] == shape.Batch
                && positions.Shape[1] == shape.Rows),
            positions, "position_ids", $"[1] or [{shape.Batch}, {shape.Rows}]");
        TensorValue result = context.Output(0, x.Type, x.Shape);
        Span<float> output = Reals.Room<float>(context, result);
        Rotation<float> rotation = new(
            Reals.Read<float>(context, cos), Reals.Read<float>(context, sin), turned, _interleaved);
        HeadView<float> from = shape.View(ConstantMatrix.First(Reals.Read<float>(context, x)));
        HeadView<float> to = shape.View(ConstantMatrix.First(output));
        ReadOnlySpan<long> given = positions.Span<long>();
        bool each = positions.Rank == 2 && given.Length == shape.Batch * shape.Rows;
        for (int i = 0; i < shape.Batch * shape.Rows; i++)
        {
            long position = each ? given[i] : given[0] + (i % shape.Rows);
            rotation.Check(position);
            for (int h = 0; h < shape.Heads; h++)
            {
                rotation.Turn(
                    new ReadOnlySpan<float>(from.At(i / shape.Rows, h, i % shape.Rows), shape.Width),
                    new Span<float>(to.At(i / shape.Rows, h, i % shape.Rows), shape.Width), position);
            }
        }

        Reals.Write<float>(output, result);
    }

    private HeadShape Measure(TensorValue x, int turned)
    {
        if (x.Rank == 4)
        {
            Operand.Expect(x.Shape[3] >= turned, x, "input", $"heads of {turned} or more");
            return new HeadShape((int)x.Shape[0], (int)x.Shape[1], (int)x.Shape[2], (int)x.Shape[3], true);
        }

        long heads = _heads > 0 ? _heads : turned > 0 ? x.Shape[2] / turned : 0;
        Operand.Expect(
            heads > 0 && x.Shape[2] % heads == 0 && x.Shape[2] / heads >= turned, x, "input",
            $"heads of {turned} or more");
        return new HeadShape((int)x.Shape[0], (int)heads, (int)x.Shape[1], (int)(x.Shape[2] / heads), false);
    }
}
