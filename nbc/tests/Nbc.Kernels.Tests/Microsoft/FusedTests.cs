using Nbc.Kernels.Tests.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Microsoft;

/// <summary>Fused and quantised products and convolutions.</summary>
public sealed class FusedTests
{
    [Fact]
    public void A_fused_product_scales_and_transposes()
    {
        TensorValue a = Given.Random(1, 2, 3, 4), b = Given.Random(2, 2, 4, 5);
        double[] plain = Given.Doubles(Given.One("matmul", [], a, b));
        double[] twice = [.. plain.Select(value => value * 2)];
        Given.Near(twice, Given.One("ms.fused_matmul", [("alpha", 2.0)], a, b));
        Given.Near(
            twice, Given.One("ms.fused_matmul", [("alpha", 2.0), ("transA", 1), ("transB", 1)], Turn(a, 2, 3, 4),
                Turn(b, 2, 4, 5)));

        // The batch stands between rows and columns: [3, 2, 4].
        TensorValue moved = TensorValue.Allocate(ElementType.Float32, 3, 2, 4);
        for (int i = 0; i < 24; i++)
        {
            moved.Span<float>()[(i / 4 % 3 * 8) + (i / 12 * 4) + (i % 4)] = a.Span<float>()[i];
        }

        Given.Near(plain, Given.One("ms.fused_matmul", [("transBatchA", 1)], moved, b));
        TensorValue shared = Given.Random(3, 4, 5);
        Kernel kernel = KernelRegistry.Create("ms.fused_matmul", KernelAttributes.Of(("transBatchA", 1)));
        kernel.Prepare([null, shared]);
        ReusedContext context = new(1, moved, shared);
        kernel.Run(context);
        Given.Near(Given.Doubles(Given.One("matmul", [], a, shared)), context.Results[0]);
    }

    [Theory]
    [InlineData("", -3.0, -3.0)]
    [InlineData("Relu", -3.0, 0.0)]
    [InlineData("LeakyRelu", -3.0, -1.5)]
    [InlineData("Tanh", 1.0, 0.76159416)]
    [InlineData("Sigmoid", 0.0, 0.5)]
    [InlineData("HardSigmoid", 1.0, 0.75)]
    [InlineData("Elu", 2.0, 2.0)]
    [InlineData("ThresholdedRelu", 0.25, 0.0)]
    [InlineData("ScaledTanh", 1.0, 0.12245933)]
    [InlineData("Softplus", 0.0, 0.69314718)]
    [InlineData("Softsign", 1.0, 0.5)]
    public void Gemm_and_Conv_end_in_an_activation(string activation, double x, double expected)
    {
        TensorValue value = Given.Floats([1, 1], (float)x), one = Given.Floats([1, 1], 1);
        Given.Near(
            [expected],
            Given.One(
                "ms.fused_gemm",
                [("activation", activation), ("activation_alpha", 0.5), ("activation_beta", 0.25)], value, one));
        Given.Near(
            [expected],
            Given.One(
                "ms.fused_conv",
                [("activation", activation), ("activation_params", new double[] { 0.5, 0.25 })],
                Given.Floats([1, 1, 1], (float)x), Given.Floats([1, 1, 1], 1)));
    }

    [Fact]
    public void A_fused_convolution_adds_a_tensor_and_clips()
    {
        TensorValue x = Given.Floats([1, 1, 3], 1, 2, 3), w = Given.Floats([1, 1, 1], 1), b = Given.Floats([1], 1);
        TensorValue z = Given.Floats([1, 1, 3], 10, -20, 30);
        (string, AttributeValue)[] clip = [("activation", "Clip"), ("activation_params", new double[] { 0, 20 })];
        Given.Near([12, 0, 20], Given.One("ms.fused_conv", clip, x, w, b, z));
        Given.Near([12, -17, 34], Given.One("ms.fused_conv", [("activation", "")], x, w, b, z));
        Given.Refuses(KernelFault.WrongAttribute, "ms.fused_conv", [("activation", "Sin")], x, w);
        Given.Refuses(
            KernelFault.WrongAttribute, "ms.fused_conv",
            [("activation", "Clip"), ("activation_params", new double[] { 2, 1 })], x, w);
        Given.Refuses(KernelFault.WrongShape, "ms.fused_conv", [], x, w, b, Given.Floats([1, 1, 1], 1));
    }

    [Fact]
    public void Channels_may_come_last()
    {
        TensorValue x = Given.Random(1, 2, 3, 4, 5), w = Given.Random(2, 4, 3, 2, 2), b = Given.Random(3, 4);
        TensorValue plain = Given.One("conv", [("pads", new long[] { 1, 0, 0, 1 })], x, w, b);
        TensorValue last = Given.One("ms.nhwc_conv", [("pads", new long[] { 1, 0, 0, 1 })], Last(x), w, b);
        Given.Shape(last, 2, 4, 5, 4);
        Given.Near(Given.Doubles(Last(plain)), last);
    }

    [Fact]
    public void Pads_of_a_transposed_convolution_come_as_an_operand()
    {
        TensorValue x = Given.Floats([1, 1, 3], 1, 2, 3), w = Given.Floats([1, 1, 2], 1, 10),
            b = Given.Floats([1], 100);
        Given.Near(
            [112, 123], Given.One("ms.conv_transpose_with_dynamic_pads", [], x, w, Given.Longs([2], 1, 1), b));
        Given.Near([1, 12, 23, 30], Given.One("ms.conv_transpose_with_dynamic_pads", [], x, w));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(4, 0)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(8, 1)]
    public void Weights_of_few_bits_widen_by_block(int bits, int zeroKind)
    {
        const int depth = 40, columns = 3, block = 16, blocks = 3;
        Random random = new(bits);
        int perByte = 8 / bits, most = 1 << bits;
        int[] quantised = [.. Enumerable.Range(0, columns * blocks * block).Select(_ => random.Next(most))];
        byte[] packed = new byte[quantised.Length / perByte];
        for (int i = 0; i < quantised.Length; i++)
        {
            packed[i / perByte] |= (byte)(quantised[i] << (i % perByte * bits));
        }

        TensorValue scales = Given.Random(1, columns * blocks);
        int zeroBytes = ((blocks * bits) + 7) / 8;
        int[] zeros = [.. Enumerable.Range(0, columns * blocks).Select(_ =>
            zeroKind == 0 ? most / 2 : random.Next(most))];
        byte[] zeroPacked = new byte[columns * zeroBytes];
        for (int i = 0; i < zeros.Length; i++)
        {
            zeroPacked[(i / blocks * zeroBytes) + (i % blocks / perByte)] |= (byte)(
                zeros[i] << (i % blocks % perByte * bits));
        }

        TensorValue? zeroPoint = zeroKind switch
        {
            0 => null,
            1 => Given.Bytes(ElementType.UInt8, [zeroPacked.Length], zeroPacked),
            _ => Given.Floats([zeros.Length], [.. zeros.Select(z => (float)z)]),
        };
        TensorValue? groups = zeroKind == 2 ? Given.Ints([depth],
            [.. Enumerable.Range(0, depth).Select(k => k % blocks)]) : null;
        TensorValue a = Given.Random(2, 2, depth), bias = Given.Floats([columns], 1, 2, 3);
        double[] x = Given.Doubles(a), s = Given.Doubles(scales), expected = new double[2 * columns];
        for (int i = 0; i < expected.Length; i++)
        {
            int n = i % columns;
            expected[i] = n + 1 + Enumerable.Range(0, depth).Sum(k =>
            {
                int group = groups is null ? k / block : k % blocks;
                return x[(i / columns * depth) + k]
                    * (quantised[(n * blocks * block) + k] - zeros[(n * blocks) + group]) * s[(n * blocks) + group];
            });
        }

        Given.Near(
            expected,
            Given.One(
                "ms.matmul_nbits", [("K", depth), ("N", columns), ("bits", bits), ("block_size", block)], a,
                Given.Bytes(ElementType.UInt8, [columns, blocks, block / perByte], packed), scales, zeroPoint, groups,
                    bias));
    }

    [Fact]
    public void Weights_of_few_bits_that_do_not_fit_are_refused()
    {
        TensorValue a = Given.Random(1, 1, 16), b = Given.Bytes(ElementType.UInt8, [1, 1, 8], new byte[8]);
        TensorValue scale = Given.Floats([1], 1);
        (string, AttributeValue)[] one = [("K", 16), ("N", 1), ("bits", 4), ("block_size", 16)];
        Given.Shape(Given.One("ms.matmul_nbits", one, a, b, scale), 1, 1);
        Given.Refuses(KernelFault.WrongShape, "ms.matmul_nbits", one, Given.Random(1, 1, 15), b, scale);
        Given.Refuses(KernelFault.WrongShape, "ms.matmul_nbits", one, a, b, Given.Floats([2], 1, 1));
        Given.Refuses(
            KernelFault.OutOfRange, "ms.matmul_nbits", one, a, b, scale, null,
                Given.Ints([16], [.. Enumerable.Range(0, 16)]));
        Given.Refuses(
            KernelFault.WrongAttribute, "ms.matmul_nbits", [("K", 16), ("N", 1), ("bits", 3), ("block_size", 16)], a);
        Given.Refuses(KernelFault.WrongAttribute, "ms.matmul_nbits", [("K", 16), ("N", 1), ("block_size", 15)], a);
        Given.Refuses(KernelFault.WrongAttribute, "ms.matmul_nbits", [("K", 0), ("N", 1), ("block_size", 16)], a);
        Given.Refuses(KernelFault.WrongType, "ms.matmul_nbits", one, Given.Ints([16]), b, scale);
    }

    [Theory]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.UInt8)]
    public void An_LSTM_of_eight_bits_is_near_that_of_floats(ElementType type)
    {
        const int hidden = 4, inputs = 3;
        TensorValue x = Given.Random(1, 3, 2, inputs), w = Given.Random(2, 1, 4 * hidden, inputs);
        TensorValue r = Given.Random(3, 1, 4 * hidden, hidden), b = Given.Random(4, 1, 8 * hidden);
        TensorValue zero = Given.Bytes(type, [1], type == ElementType.Int8 ? (byte)0 : (byte)128);
        NbcValue?[] exact = Given.Run("lstm", [], 3, x, w, r, b);
        NbcValue?[] rounded = Given.Run(
            "ms.dynamic_quantize_lstm", [], 3, x, Quantised(w, type, inputs), Quantised(r, type, hidden), b, null, null,
            null, null, Given.Floats([1], 1 / 127f), zero, Given.Floats([1], 1 / 127f), zero);
        Given.Near(Given.Doubles(exact[0]), rounded[0], 2e-2);
        Given.Near(Given.Doubles(exact[2]), rounded[2], 2e-2);
        Assert.NotEqual(Given.Doubles(exact[0]), Given.Doubles(rounded[0]));
        Given.Refuses(
            KernelFault.WrongType, "ms.dynamic_quantize_lstm", [], x, w, r, b, null, null, null, null,
            Given.Floats([1], 1), zero, Given.Floats([1], 1), zero);
    }

    // [1, 4 * hidden, columns] to [1, columns, 4 * hidden] in steps of 1/127.
    private static TensorValue Quantised(TensorValue weights, ElementType type, int columns)
    {
        TensorValue result = TensorValue.Allocate(type, 1, columns, weights.Shape[1]);
        int rows = (int)weights.Shape[1];
        for (int i = 0; i < weights.Count; i++)
        {
            int step = (int)Math.Round(weights.Span<float>()[i] * 127);
            result.Bytes()[(i % columns * rows) + (i / columns)] = (byte)(type == ElementType.Int8 ? step : step + 128);
        }

        return result;
    }

    private static TensorValue Turn(TensorValue x, int batches, int rows, int columns)
    {
        TensorValue turned = TensorValue.Allocate(x.Type, batches, columns, rows);
        for (int i = 0; i < x.Count; i++)
        {
            int batch = i / (rows * columns), row = i / columns % rows, column = i % columns;
            turned.Span<float>()[(((batch * columns) + column) * rows) + row] = x.Span<float>()[i];
        }

        return turned;
    }

    private static TensorValue Last(TensorValue x)
    {
        long[] shape = x.Shape.ToArray();
        TensorValue last = TensorValue.Allocate(x.Type, shape[0], shape[2], shape[3], shape[1]);
        for (int i = 0; i < x.Count; i++)
        {
            long[] at = Reference.Split(i, shape);
            last.Span<float>()[(int)Reference.Join([at[0], at[2], at[3], at[1]],
                [shape[0], shape[2], shape[3], shape[1]])] =
                x.Span<float>()[i];
        }

        return last;
    }
}
