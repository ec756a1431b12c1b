using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class ProductTests
{
    public static TheoryData<ElementType> Types =>
    [
        ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16, ElementType.Int32,
        ElementType.UInt32, ElementType.Int64, ElementType.UInt64,
    ];

    [Fact]
    public void A_product_of_two_matrices()
    {
        TensorValue a = Given.Floats([2, 3], 1, 2, 3, 4, 5, 6), b = Given.Floats([3, 2], 7, 8, 9, 10, 11, 12);
        Given.Near([58, 64, 139, 154], Given.One("matmul", [], a, b));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_multiplies(ElementType type)
    {
        bool whole = type is ElementType.Int32 or ElementType.UInt32 or ElementType.Int64 or ElementType.UInt64;
        TensorValue a = Given.As(Given.Floats([1, 2], 0.5f, 0.25f), type);
        TensorValue b = Given.As(Given.Floats([2, 1], 0.5f, 1), type);
        Given.Near([whole ? (32 * 32) + (16 * 64) : 0.5], Given.One("matmul", [], a, b));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 300, 70)]
    [InlineData(2, 7, 33)]
    [InlineData(5, 257, 65)]
    [InlineData(13, 600, 31)]
    [InlineData(100, 3, 1030)]
    public void Any_size_equals_the_definition(int m, int k, int n)
    {
        TensorValue a = Given.Random(1, m, k), b = Given.Random(2, k, n);
        Given.Near(Naive(a, b, m, k, n), Given.One("matmul", [], a, b));
        TensorValue turned = Transposed(b, k, n);
        Given.Near(Naive(a, b, m, k, n), Given.One("gemm", [("transB", 1)], a, turned));
        Given.Near(
            Naive(a, b, m, k, n), Given.One("gemm", [("transA", 1)], Transposed(a, m, k), b));
    }

    [Theory]
    [InlineData(4, 9, 40)]
    [InlineData(1, 9, 40)]
    [InlineData(8, 520, 35)]
    public unsafe void Every_width_of_vectors_equals_one_lane(int m, int k, int n)
    {
        TensorValue a = Given.Random(3, m, k), b = Given.Random(4, k, n);
        double[] expected = Naive(a, b, m, k, n);
        Assert.Equal(expected, Run<float, Lanes1<float>>(a, b, m, k, n));
        Assert.Equal(expected, Run<System.Runtime.Intrinsics.Vector128<float>, Lanes128<float>>(a, b, m, k, n));
        Assert.Equal(expected, Run<System.Runtime.Intrinsics.Vector256<float>, Lanes256<float>>(a, b, m, k, n));
        Assert.Equal(expected, Run<System.Runtime.Intrinsics.Vector512<float>, Lanes512<float>>(a, b, m, k, n));
    }

    [Fact]
    public unsafe void Whole_and_double_lanes_equal_one_lane()
    {
        double[] doubles = [.. Enumerable.Range(0, 64).Select(i => (double)(i % 7))];
        int[] ints = [.. Enumerable.Range(0, 64).Select(i => i % 7)];
        double[] expected = new double[64];
        for (int i = 0; i < 64; i++)
        {
            expected[i] = Enumerable.Range(0, 8).Sum(p => doubles[(i / 8 * 8) + p] * doubles[(p * 8) + (i % 8)]);
        }

        Check<double, System.Runtime.Intrinsics.Vector128<double>, Lanes128<double>>(doubles, expected);
        Check<double, System.Runtime.Intrinsics.Vector256<double>, Lanes256<double>>(doubles, expected);
        Check<double, System.Runtime.Intrinsics.Vector512<double>, Lanes512<double>>(doubles, expected);
        Check<int, System.Runtime.Intrinsics.Vector128<int>, Lanes128<int>>(ints, expected);
        Check<int, System.Runtime.Intrinsics.Vector256<int>, Lanes256<int>>(ints, expected);
        Check<int, System.Runtime.Intrinsics.Vector512<int>, Lanes512<int>>(ints, expected);
    }

    [Fact]
    public void Batches_broadcast_and_vectors_count_as_rows_and_columns()
    {
        TensorValue a = Given.Random(5, 2, 1, 3, 4), b = Given.Random(6, 5, 4, 2);
        TensorValue y = Given.One("matmul", [], a, b);
        Given.Shape(y, 2, 5, 3, 2);
        double[] first = Naive(Part(a, 12, 12, 3, 4), Part(b, 24, 8, 4, 2), 3, 4, 2);
        Assert.Equal(first, Given.Doubles(y)[(8 * 6)..(9 * 6)]);
        TensorValue row = Given.Floats([2], 1, 2);
        Given.Shape(Given.One("matmul", [], row, Given.Floats([2], 3, 4)));
        Given.Near([11], Given.One("matmul", [], row, Given.Floats([2], 3, 4)));
        Given.Near([5, 11], Given.One("matmul", [], Given.Floats([2, 2], 1, 2, 3, 4), row));
        Given.Shape(Given.One("matmul", [], row, Given.Random(1, 3, 2, 4)), 3, 4);
    }

    [Fact]
    public void A_depth_of_zero_gives_zeros_and_empty_sizes_empty_results()
    {
        Given.Near([0, 0, 0, 0], Given.One("matmul", [], Given.Floats([2, 0]), Given.Floats([0, 2])));
        Given.Shape(Given.One("matmul", [], Given.Floats([0, 2]), Given.Random(1, 2, 3)), 0, 3);
    }

    [Fact]
    public void A_constant_right_hand_side_is_packed_once_and_gives_the_same()
    {
        TensorValue b = Given.Random(9, 70, 40), half = Given.As(b, ElementType.Float16);
        foreach ((string name, TensorValue a, TensorValue w) in
            ((string, TensorValue, TensorValue)[])[
                ("matmul", Given.Random(8, 3, 5, 70), b), ("gemm", Given.Random(8, 5, 70), b),
                ("matmul", Given.As(Given.Random(8, 5, 70), ElementType.Float16), half)])
        {
            Kernel kernel = KernelRegistry.Create(name, KernelAttributes.None);
            kernel.Prepare([null, w]);
            ReusedContext context = new(1, a, w);
            kernel.Run(context);
            Assert.Equal(Given.Doubles(Given.One(name, [], a, w)), Given.Doubles(context.Results[0]));
        }
    }

    [Theory]
    [InlineData(new long[] { }, new float[] { 2 })]
    [InlineData(new long[] { 2 }, new float[] { 2, 4 })]
    [InlineData(new long[] { 2, 1 }, new float[] { 2, 4 })]
    [InlineData(new long[] { 2, 2 }, new float[] { 2, 4, 6, 8 })]
    public void Gemm_adds_what_broadcasts(long[] shape, float[] c)
    {
        TensorValue a = Given.Floats([2, 1], 1, 2), b = Given.Floats([1, 2], 3, 5);
        double[] product = [3, 5, 6, 10];
        double[] added = shape.Length == 0 ? [2, 2, 2, 2] : shape.Length == 1 ? [2, 4, 2, 4]
            : shape[1] == 1 ? [2, 2, 4, 4] : [2, 4, 6, 8];
        Given.Near(
            [.. product.Zip(added, (p, q) => (0.5 * p) + (2 * q))],
            Given.One("gemm", [("alpha", 0.5), ("beta", 2.0)], a, b, Given.Floats(shape, c)));
    }

    [Theory]
    [InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.UInt32)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt64)]
    [InlineData(ElementType.BFloat16)]
    public void Gemm_takes_every_number(ElementType type)
    {
        double unit = type is ElementType.Float64 or ElementType.BFloat16 ? 1 : 64;
        TensorValue a = Given.As(Given.Floats([1, 1], 0.5f), type), c = Given.As(Given.Floats([1], 0.25f), type);
        Given.Near([(0.25 * unit * unit) + (0.5 * unit)], Given.One("gemm", [("beta", 2.0)], a, a, c));
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        TensorValue a = Given.Random(1, 2, 3), b = Given.Random(2, 4, 2);
        Given.Refuses(KernelFault.WrongShape, "matmul", [], a, b);
        Given.Refuses(KernelFault.WrongShape, "matmul", [], Given.Floats([], 1), b);
        Given.Refuses(KernelFault.WrongShape, "matmul", [], Given.Random(1, 2, 2, 4), Given.Random(1, 3, 4, 2));
        Given.Refuses(KernelFault.WrongType, "matmul", [], a, Given.As(b, ElementType.Float64));
        Given.Refuses(KernelFault.WrongType, "matmul", [], Given.Bytes(ElementType.Bool, [1], 1),
            Given.Bytes(ElementType.Bool, [1], 1));
        Given.Refuses(KernelFault.WrongShape, "gemm", [], a, b);
        Given.Refuses(KernelFault.WrongShape, "gemm", [], a, Given.Random(1, 3, 2), Given.Random(1, 3));
        Given.Refuses(KernelFault.WrongType, "gemm", [], Given.Bytes(ElementType.Bool, [1, 1], 1),
            Given.Bytes(ElementType.Bool, [1, 1], 1));
        Given.Refuses(
            KernelFault.WrongAttribute, "gemm", [("alpha", 0.5)], Given.Ints([1, 1], 1), Given.Ints([1, 1], 1));
        Given.Refuses(KernelFault.MissingOperand, "matmul", [], a);
    }

    private static unsafe double[] Run<TVector, TLanes>(TensorValue a, TensorValue b, int m, int k, int n)
        where TLanes : struct, ILanes<float, TVector>
    {
        int width = Tiles<float, TVector, TLanes>.PanelWidth, panels = (n + width - 1) / width;
        float[] packed = new float[k * panels * width], c = new float[m * n];
        for (int i = 0; i < k * n; i++)
        {
            int row = i / n, column = i % n;
            packed[(column / width * k * width) + (row * width) + (column % width)] = b.Span<float>()[i];
        }

        fixed (float* p = packed, y = c)
        {
            Tiles<float, TVector, TLanes>.Multiply(
                Matrix<float>.Dense((float*)a.Pointer, m, k), p, (long)k * width, n, y, n, false, 1);
        }

        return [.. c.Select(value => (double)value)];
    }

    private static unsafe void Check<T, TVector, TLanes>(T[] values, double[] expected)
        where T : unmanaged, System.Numerics.INumber<T>
        where TLanes : struct, ILanes<T, TVector>
    {
        int width = Tiles<T, TVector, TLanes>.PanelWidth, panels = (8 + width - 1) / width;
        T[] packed = new T[8 * panels * width], c = new T[64];
        for (int i = 0; i < 64; i++)
        {
            packed[(i % 8 / width * 8 * width) + (i / 8 * width) + (i % 8 % width)] = values[i];
        }

        fixed (T* a = values, p = packed, y = c)
        {
            Tiles<T, TVector, TLanes>.Multiply(Matrix<T>.Dense(a, 8, 8), p, 8L * width, 8, y, 8, false, T.One);
            Tiles<T, TVector, TLanes>.Multiply(
                Matrix<T>.Dense(a, 8, 8), p, 8L * width, 8, y, 8, true, T.CreateTruncating(2));
        }

        Assert.Equal(expected.Select(value => value * 3), c.Select(double.CreateTruncating));
    }

    private static double[] Naive(TensorValue a, TensorValue b, int m, int k, int n)
    {
        double[] x = Given.Doubles(a), w = Given.Doubles(b), y = new double[m * n];
        for (int i = 0; i < m * n; i++)
        {
            for (int p = 0; p < k; p++)
            {
                y[i] += x[(i / n * k) + p] * w[(p * n) + (i % n)];
            }
        }

        return y;
    }

    private static TensorValue Transposed(TensorValue tensor, int rows, int columns)
    {
        TensorValue turned = TensorValue.Allocate(tensor.Type, columns, rows);
        for (int i = 0; i < tensor.Count; i++)
        {
            turned.Span<float>()[(i % columns * rows) + (i / columns)] = tensor.Span<float>()[i];
        }

        return turned;
    }

    private static TensorValue Part(TensorValue tensor, int from, int count, params long[] shape) =>
        TensorValue.From<float>(ElementType.Float32, tensor.Span<float>().Slice(from, count), shape);
}
