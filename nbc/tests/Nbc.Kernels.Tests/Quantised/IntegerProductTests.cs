using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Quantised;

public sealed class IntegerProductTests
{
    private const ElementType U8 = ElementType.UInt8;
    private const ElementType S8 = ElementType.Int8;
    private static readonly KernelAttributes s_none = KernelAttributes.None;

    [Fact]
    public void A_product_equals_its_definition_for_any_sizes_and_types() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[0, 20], Gen.Int[1, 70], Gen.Bool, Gen.Bool, Gen.Int[0, 255])
            .Sample((rows, depth, columns, isSignedA, isSignedB, seed) =>
            {
                double[] a = Bytes(rows * depth, seed, isSignedA);
                double[] b = Bytes(depth * columns, seed + 7, isSignedB);
                double aZero = isSignedA ? -3 : 128;
                double[] bZeros = Bytes(columns, seed + 3, isSignedB);
                double[] y = Numbers.Run("matmul_integer",
                    Numbers.Of(isSignedA ? S8 : U8, a, rows, depth), Numbers.Of(isSignedB ? S8 : U8, b, depth, columns),
                    Numbers.Scalar(isSignedA ? S8 : U8, aZero), Numbers.Of(isSignedB ? S8 : U8, bZeros));
                for (int i = 0; i < y.Length; i++)
                {
                    double sum = 0;
                    for (int k = 0; k < depth; k++)
                    {
                        sum += (a[(i / columns * depth) + k] - aZero)
                            * (b[(k * columns) + (i % columns)] - bZeros[i % columns]);
                    }

                    Assert.Equal(sum, y[i]);
                }
            });

    public static TheoryData<long[], long[], long[]> ShapesData => new()
    {   // a             b             y
        { [3], [3], [] }, { [3], [3, 2], [2] }, { [2, 3], [3], [2] }, { [2, 2, 3], [3, 4], [2, 2, 4] },
        { [2, 3], [5, 3, 4], [5, 2, 4] }, { [1, 2, 3], [5, 3, 4], [5, 2, 4] }, { [4, 1, 2, 3], [5, 3, 4], [4, 5, 2,
            4] },
        { [2, 0], [0, 3], [2, 3] }, { [0, 3], [3, 2], [0, 2] }, { [0, 2, 3], [3, 2], [0, 2, 2] },
    };

    [Theory]
    [MemberData(nameof(ShapesData))]
    public void Shapes_follow_numpys_matmul(long[] a, long[] b, long[] y)
    {
        TensorValue left = Ones(a);
        TensorValue right = Ones(b);
        TensorValue product = KernelEvaluator.EvaluateOne("matmul_integer", s_none, left, right);
        Assert.Equal(y, product.Shape.ToArray());
        Assert.All(Numbers.Back(product), item => Assert.Equal(a[^1], item));
    }

    [Fact]
    public void Zero_points_are_per_row_per_column_or_per_matrix()
    {
        TensorValue a = Numbers.Of(U8, [1, 2, 3, 4], 2, 2);
        TensorValue b = Numbers.Of(U8, [5, 6, 7, 8], 2, 2);
        // Rows (0 1) and (1 2); columns (4 6) and (4 6).
        Assert.Equal([6, 6, 16, 16], Numbers.Run(
            "matmul_integer", a, b, Numbers.Of(U8, [1, 2]), Numbers.Of(U8, [1, 2])));
        Assert.Equal([6, 6, 16, 16], Numbers.Run(
            "matmul_integer", a, b, Numbers.Of(U8, [1, 2], 2, 1), Numbers.Of(U8, [1, 2], 1, 2)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("matmul_integer", a, b, Numbers.Of(U8, [1, 2, 3])));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("matmul_integer", a, b, Numbers.Of(U8, [1, 2], 1, 2)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("matmul_integer", a, b, Numbers.Of(S8, [1])));
    }

    [Fact]
    public void Factors_that_do_not_go_together_are_refused()
    {
        TensorValue a = Ones([2, 3]);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("matmul_integer", a, Ones([2, 3])));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("matmul_integer", a, Numbers.Scalar(U8, 1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("matmul_integer", Ones([2, 2, 3]), Ones([3, 3, 2])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("matmul_integer", Numbers.Float(1), a));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("matmul_integer", a, Numbers.Float(1)));
    }

    [Fact]
    public void A_quantised_product_is_rounded_to_even_and_kept_in_range()
    {
        TensorValue a = Numbers.Of(U8, [11, 12, 13], 3, 1);
        TensorValue b = Numbers.Of(S8, [1, 127], 1, 2);
        TensorValue half = Numbers.Float(0.5);
        TensorValue one = Numbers.Float(1);
        TensorValue ten = Numbers.Of(U8, [10]);
        double[] y = Numbers.Run(
            "qlinear_matmul", a, half, ten, b, one, Numbers.Of(S8, [0]), one, Numbers.Of(S8, [1]));
        // Sums 1 2 3 by 1 and 127; halves 0.5 1 1.5 and 63.5 127 190.5; plus 1.
        Assert.Equal([1, 65, 2, 127, 3, 127], y);
        y = Numbers.Run("qlinear_matmul", a, Numbers.Float(1, 2, 3), ten, b, Numbers.Float(1, 0.1),
            Numbers.Of(S8, [0, 0]), one, Numbers.Of(U8, [0]));
        Assert.Equal([1, 13, 4, 51, 9, 114], y);
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("qlinear_matmul", a, Numbers.Float(1, 2), ten, b, one,
            Numbers.Of(S8, [0]), one, Numbers.Of(U8, [0])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "qlinear_matmul", a, one, ten, b, one, Numbers.Of(S8, [0]), one, one));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("qlinear_matmul", a, one, ten, b, one,
            Numbers.Of(S8, [0]), Numbers.Float(1, 2), Numbers.Of(U8, [0])));
    }

    [Fact]
    public void Float8_is_multiplied_as_real_numbers()
    {
        const ElementType small = ElementType.Float8E4M3FN;
        TensorValue a = Numbers.Of(small, [0x38, 0x40, 0x48, 0x30], 2, 1, 2);   // 1 2; 4 0.5
        TensorValue b = Numbers.Of(small, [0x38, 0xB8, 0x40, 0x7E], 2, 2);      // 1 -1; 2 448
        TensorValue zero = Numbers.Of(small, [0]);
        TensorValue y = KernelEvaluator.EvaluateOne("qlinear_matmul", s_none, a, Numbers.Float(0.5), zero, b,
            Numbers.Float(1, 0.5), zero, Numbers.Float(0.25), zero);
        Assert.Equal(small, y.Type);
        Assert.Equal([2, 1, 2], y.Shape.ToArray());
        // 5 895; 5 220, times 0.5 and 0.25, by 0.25.
        Assert.Equal([10, 448, 10, 224], Numbers.Run("dequantize_linear", y, Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault(
            "qlinear_matmul", a, Numbers.Float(1), zero, b, Numbers.Float(1), zero, Numbers.Float(1),
            Numbers.Of(U8, [0])));
    }

    [Fact]
    public void Real_products_of_bytes_have_a_bias()
    {
        TensorValue a = Numbers.Of(U8, [11, 12], 2, 1);
        TensorValue b = Numbers.Of(S8, [1, 3], 1, 2);
        TensorValue ten = Numbers.Of(U8, [10]);
        Assert.Equal([1.5, 4, 2.5, 7], Numbers.Run("ms.matmul_integer_to_float", a, b,
            Numbers.Float(0.5), Numbers.Float(2), ten, null, Numbers.Float(0.5, 1)));
        Assert.Equal([0, 2, 0, 4], Numbers.Run("ms.matmul_integer_to_float", a, b,
            Numbers.Float(0.5), Numbers.Float(2), ten, Numbers.Of(S8, [1, 1])));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("ms.matmul_integer_to_float", a, b,
            Numbers.Float(0.5), Numbers.Float(2), ten, null, Numbers.Float(0.5)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("ms.matmul_integer_to_float", a, b,
            Numbers.Float(0.5), Numbers.Of(ElementType.Float64, [2])));
    }

    [Fact]
    public void A_real_factor_is_quantised_by_its_range()
    {
        TensorValue a = Numbers.Of(ElementType.Float32, [0, 255, 100, 50], 2, 2);
        TensorValue b = Numbers.Of(U8, [3, 1, 2, 4], 2, 2);
        Assert.Equal([510, 1020, 400, 300], Numbers.Run("ms.dynamic_quantize_matmul", a, b, Numbers.Float(1)));
        Assert.Equal([255.5, 1530.25, 250.5, 300.25], Numbers.Run("ms.dynamic_quantize_matmul", a, b,
            Numbers.Float(1, 2), Numbers.Of(U8, [1, 1]), Numbers.Float(0.5, 0.25)));
        TensorValue signed = Numbers.Of(ElementType.Float32, [-1, 1, 0.5, 0.25], 2, 2);
        double[] y = Numbers.Run("ms.dynamic_quantize_matmul", signed, b, Numbers.Float(1));
        Assert.All(y.Zip([-1.0, 3, 2, 1.5]), pair => Assert.Equal(pair.Second, pair.First, 0.05));
    }

    [Fact]
    public void Qgemm_turns_matrices_and_adds_a_bias()
    {
        TensorValue a = Numbers.Of(U8, [1, 2, 3, 4, 5, 6], 3, 2);
        TensorValue b = Numbers.Of(S8, [1, 0, 2, 1, 1, -1], 2, 3);
        KernelAttributes turned = KernelAttributes.Of(("transA", 1L), ("transB", 1L), ("alpha", 2.0));
        TensorValue half = Numbers.Float(0.5);
        TensorValue zero = Numbers.Of(U8, [0]);
        TensorValue none = Numbers.Of(S8, [0]);
        // A turned (1 3 5; 2 4 6), B turned (1 1; 0 1; 2 -1): 11 -1; 14 0.
        TensorValue bias = Numbers.Of(ElementType.Int32, [1, 2]);
        Assert.Equal([12, 1, 15, 2], Numbers.Run("ms.qgemm", turned, a, half, zero, b, Numbers.Float(1), none, bias));
        Assert.Equal([7, 1, 9, 2], Numbers.Run("ms.qgemm", turned, a, half, zero, b, Numbers.Float(1), none, bias,
            Numbers.Float(2), Numbers.Of(U8, [1])));
        Assert.Equal([-1, -1, 0, 0], Numbers.Run("ms.qgemm", Numbers.Of(U8, [1, 2, 0, 1], 2, 2), Numbers.Float(1),
            zero, Numbers.Of(S8, [1, 0, 2, 1], 2, 2), Numbers.Float(1), Numbers.Of(S8, [2, 1])));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("ms.qgemm", a, half, zero, b, half, none, bias));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("ms.qgemm", zero, half, zero, b, half, none));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("ms.qgemm", a, half, zero, a, half, zero));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("ms.qgemm", turned, a, half, zero, b, half, none, half));
    }

    private static TensorValue Ones(long[] shape)
    {
        TensorValue tensor = TensorValue.Allocate(U8, shape);
        tensor.Span<byte>().Fill(1);
        return tensor;
    }

    private static double[] Bytes(int count, int seed, bool isSigned) =>
        [.. Enumerable.Range(0, count).Select(i => (double)((((i + seed) * 167) % 256) - (isSigned ? 128 : 0)))];
}
