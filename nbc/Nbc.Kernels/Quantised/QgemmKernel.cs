using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Quantised;

/// <summary>alpha * A * B + C of quantised matrices, quantised again when a result's scale is given.</summary>
/// <remarks>
/// Shape: A [rows, depth], B [depth, columns], each turned when transA or transB; C broadcasts to the result and is
/// int32 in units of alpha * a_scale * b_scale.
/// Source: com.microsoft operator QGemm, version 1.
/// </remarks>
internal sealed class QgemmKernel(KernelAttributes attributes) : Kernel
{
    private readonly double _alpha = attributes.Float("alpha", 1);
    private readonly bool _turnsA = attributes.Flag("transA");
    private readonly bool _turnsB = attributes.Flag("transB");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        TensorValue b = context.Input(3);
        QuantisedScale.CheckBytes(a, "A");
        QuantisedScale.CheckBytes(b, "B");
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw Refusal.Shape("a factor", a.Rank != 2 ? a.Shape : b.Shape, "a matrix");
        }

        int rows = (int)a.Shape[_turnsA ? 1 : 0];
        int depth = (int)a.Shape[_turnsA ? 0 : 1];
        int columns = (int)b.Shape[_turnsB ? 0 : 1];
        if (b.Shape[_turnsB ? 1 : 0] != depth)
        {
            throw Refusal.Shape("B", b.Shape, $"{depth} rows");
        }

        QuantisedScale aScale = QuantisedScale.Read(context, 1, 2, "A", a.Type);
        ZeroPoints bZeros = ZeroPoints.Read(context.OptionalInput(5), b, columns, isColumns: true);
        ReadOnlySpan<float> bScales = LineScales.Read(context, 4, columns);
        Span<int> sums = FloatBlocks.Scratch<int>(context, (long)rows * columns);
        Multiply(context, a, aScale.Zero, b, bZeros, sums, depth, columns);
        Span<float> real = FloatBlocks.Scratch<float>(context, sums.Length);
        for (int i = 0; i < real.Length; i++)
        {
            real[i] = sums[i] * ((float)_alpha * aScale.Scale * bScales[bScales.Length == 1 ? 0 : i % columns]);
        }

        if (context.Has(7))
        {
            ElementType type = context.OptionalInput(8)?.Type ?? a.Type;
            QuantisedScale target = QuantisedScale.Read(context, 7, 8, "Y", type);
            target.Quantize(real, context.Output(0, type, rows, columns));
        }
        else
        {
            real.CopyTo(context.Output(0, ElementType.Float32, rows, columns).Span<float>());
        }
    }

    private void Multiply(
        KernelContext context,
        TensorValue a,
        int aZero,
        TensorValue b,
        ZeroPoints bZeros,
        Span<int> sums,
        int depth,
        int columns)
    {
        sums.Clear();
        AddBias(context.OptionalInput(6), sums, columns);
        Span<short> left = Centred(context, a, aZero, _turnsA);
        Span<short> right = Centred(context, b, 0, _turnsB);
        for (int i = 0; !bZeros.IsNone && i < right.Length; i++)
        {
            right[i] -= (short)bZeros.At(0, i % columns, columns);
        }

        for (int row = 0; columns > 0 && row < sums.Length / columns; row++)
        {
            IntegerProduct.Row(left.Slice(row * depth, depth), right, sums.Slice(row * columns, columns));
            context.ThrowIfCancelled();
        }
    }

    private static Span<short> Centred(KernelContext context, TensorValue matrix, int zero, bool turns)
    {
        Span<short> all = FloatBlocks.Scratch<short>(context, matrix.Count);
        IntegerProduct.Center(matrix, 0, zero, all);
        if (!turns)
        {
            return all;
        }

        int height = (int)matrix.Shape[0];
        int width = (int)matrix.Shape[1];
        Span<short> turned = FloatBlocks.Scratch<short>(context, matrix.Count);
        for (int i = 0; i < turned.Length; i++)
        {
            turned[i] = all[(i % height * width) + (i / height)];
        }

        return turned;
    }

    private static void AddBias(TensorValue? bias, Span<int> sums, int columns)
    {
        if (bias is null)
        {
            return;
        }

        if (bias.Type != ElementType.Int32)
        {
            throw Refusal.Type("C", bias.Type, ElementType.Int32);
        }

        long rows = columns == 0 ? 0 : sums.Length / columns;
        ReadOnlySpan<long> shape = [rows, columns];
        Broadcast.CheckOneWay("C", bias, shape);
        BroadcastCopy.Run<int>(bias.Span<int>(), bias.Shape, sums, shape);
    }
}
