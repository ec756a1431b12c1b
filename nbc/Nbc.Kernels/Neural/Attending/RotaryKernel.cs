using System.Numerics;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Attending;

/// <summary>Turns pairs of numbers of each head by angles of their position.</summary>
/// <remarks>
/// Shape: X [batch, heads, rows, size] or [batch, rows, heads * size]; caches [positions, turned / 2] with
/// position_ids [batch, rows], or [batch, rows, turned / 2] without.
/// Meaning: pairs are neighbours when interleaved, else the halves of what is turned; the rest is copied.
/// Source: ONNX operator RotaryEmbedding, version 23.
/// </remarks>
internal sealed class RotaryKernel : RealKernel
{
    private readonly bool _interleaved;
    private readonly long _heads, _turned;

    public RotaryKernel(KernelAttributes attributes)
    {
        _interleaved = attributes.Flag("interleaved");
        _heads = attributes.Int("num_heads");
        _turned = attributes.Int("rotary_embedding_dim");
    }

    protected override unsafe void Run<T>(KernelContext context, TensorValue x)
    {
        TensorValue cos = context.Input(1), sin = context.Input(2);
        Operand.Expect(x.Rank is 3 or 4, x, "X", "three or four dimensions");
        Operand.Expect(
            x.Rank == 4 || (_heads > 0 && x.Shape[2] % _heads == 0), x, "X", $"{_heads} heads, given as an attribute");
        HeadShape shape = x.Rank == 4
            ? new((int)x.Shape[0], (int)x.Shape[1], (int)x.Shape[2], (int)x.Shape[3], true)
            : new((int)x.Shape[0], (int)_heads, (int)x.Shape[1], (int)(x.Shape[2] / _heads), false);
        int turned = (int)(_turned == 0 ? shape.Width : _turned);
        Operand.Expect(
            _turned >= 0 && _turned <= shape.Width && turned % 2 == 0, x, "X",
            $"heads of an even size, {_turned} at least");
        Operand.ExpectType(cos, x.Type, "cos_cache");
        Operand.ExpectType(sin, x.Type, "sin_cache");
        Operand.ExpectShape(sin, "sin_cache", cos.Shape);
        TensorValue? positions = context.OptionalInput(3);
        if (positions is null)
        {
            Operand.ExpectShape(cos, "cos_cache", shape.Batch, shape.Rows, turned / 2);
        }
        else
        {
            Operand.ExpectType(positions, ElementType.Int64, "position_ids");
            Operand.ExpectShape(positions, "position_ids", shape.Batch, shape.Rows);
            Operand.Expect(cos.Rank == 2 && cos.Shape[1] == turned / 2, cos, "cos_cache", $"{turned / 2} columns");
        }

        TensorValue result = context.Output(0, x.Type, x.Shape);
        Span<T> output = Reals.Room<T>(context, result);
        Rotation<T> rotation = new(
            Reals.Read<T>(context, cos), Reals.Read<T>(context, sin), turned, _interleaved);
        HeadView<T> from = shape.View(ConstantMatrix.First(Reals.Read<T>(context, x)));
        HeadView<T> to = shape.View(ConstantMatrix.First(output));
        for (int i = 0; i < shape.Batch * shape.Rows; i++)
        {
            long position = positions is null ? i : positions.Span<long>()[i];
            rotation.Check(position);
            for (int h = 0; h < shape.Heads; h++)
            {
                rotation.Turn(
                    new ReadOnlySpan<T>(from.At(i / shape.Rows, h, i % shape.Rows), shape.Width),
                    new Span<T>(to.At(i / shape.Rows, h, i % shape.Rows), shape.Width), position);
            }
        }

        Reals.Write<T>(output, result);
    }
}

/// <summary>Angles by position.</summary>
internal readonly ref struct Rotation<T>(ReadOnlySpan<T> cos, ReadOnlySpan<T> sin, int turned, bool interleaved)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ReadOnlySpan<T> _cos = cos, _sin = sin;

    /// <exception cref="KernelException">There are no angles for this position.</exception>
    public void Check(long position)
    {
        int positions = turned == 0 ? int.MaxValue : _cos.Length / (turned / 2);
        if (position < 0 || position >= positions)
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"position {position} is outside of a cache of {positions} positions");
        }
    }

    /// <summary>Turns the numbers of one head; the target may be the source.</summary>
    public void Turn(ReadOnlySpan<T> source, Span<T> target, long position)
    {
        int half = turned / 2;
        ReadOnlySpan<T> c = _cos.Slice((int)position * half, half), s = _sin.Slice((int)position * half, half);
        for (int i = 0; i < half; i++)
        {
            int left = interleaved ? 2 * i : i, right = interleaved ? left + 1 : half + i;
            T x = source[left], y = source[right];
            target[left] = (c[i] * x) - (s[i] * y);
            target[right] = (s[i] * x) + (c[i] * y);
        }

        source[turned..].CopyTo(target[turned..]);
    }
}
