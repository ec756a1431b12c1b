using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Reduction;

public sealed class LaneTests
{
    private static readonly KernelAttributes s_axis0 = KernelAttributes.Of(("axis", 0L));

    [Fact]
    public void Arg_max_and_arg_min_find_the_first_or_the_last()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue x = Numbers.Of(type, [1, 7, 7, 5, 2, 2], 2, 3);
            Assert.Equal([1, 0, 0], Numbers.Run("arg_max", x));
            Assert.Equal([1, 0], Numbers.Run("arg_max", KernelAttributes.Of(("axis", 1L)), x));
            Assert.Equal([0, 1], Numbers.Run("arg_min", KernelAttributes.Of(("axis", -1L)), x));
            KernelAttributes last = KernelAttributes.Of(("axis", 1L), ("select_last_index", 1L));
            Assert.Equal([2, 0], Numbers.Run("arg_max", last, x));
            Assert.Equal([0, 2], Numbers.Run("arg_min", last, x));
        }

        TensorValue flat = KernelEvaluator.EvaluateOne("arg_max", KernelAttributes.Of(("keepdims", 0L), ("axis", 1L)),
            TensorValue.Allocate(ElementType.Int32, 2, 3, 4));
        Assert.Equal([2, 4], flat.Shape.ToArray());
        Assert.Equal(ElementType.Int64, flat.Type);
        Assert.Equal([1], Numbers.Run("arg_max", Numbers.Float(1, double.NaN, 3, double.NaN)));
        Assert.Equal([1], Numbers.Run("arg_min", Numbers.Float(1, double.NaN, 0)));
    }

    [Fact]
    public void An_empty_lane_has_no_largest()
    {
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("arg_max", TensorValue.Allocate(ElementType.Float32, 0, 2)));
        Assert.Empty(Numbers.Run("arg_max", TensorValue.Allocate(ElementType.Float32, 2, 0)));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("arg_max", Numbers.Scalar(ElementType.Float32, 1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("arg_max", Numbers.Bools(true)));
    }

    [Fact]
    public void Sums_and_products_gather_along_an_axis()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue x = Numbers.Of(type, [1, 2, 3, 4, 5, 6], 2, 3);
            Assert.Equal([1, 3, 6, 4, 9, 15], Numbers.Run("cum_sum", x, Axis(1)));
            Assert.Equal([1, 2, 3, 5, 7, 9], Numbers.Run("cum_sum", x, Axis(-2)));
            Assert.Equal([1, 2, 6, 4, 20, 120], Numbers.Run("cum_prod", x, Axis(1)));
            Assert.Equal([0, 1, 3, 0, 4, 9], Numbers.Run("cum_sum", KernelAttributes.Of(("exclusive", 1L)), x,
                Axis(1)));
            Assert.Equal([6, 5, 3, 15, 11, 6], Numbers.Run("cum_sum", KernelAttributes.Of(("reverse", 1L)), x,
                Axis(1)));
            KernelAttributes both = KernelAttributes.Of(("reverse", 1L), ("exclusive", 1L));
            Assert.Equal([5, 3, 0, 11, 6, 0], Numbers.Run("cum_sum", both, x, Axis(1)));
            Assert.Equal([6, 3, 1, 30, 6, 1], Numbers.Run("cum_prod", both, x, Axis(1)));
        }

        TensorValue y = Numbers.Float(1, 2);
        Assert.Equal([1, 3], Numbers.Run("cum_sum", y, Numbers.Of(ElementType.Int32, [0])));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("cum_sum", y, Axis(1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("cum_sum", y, y));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("cum_sum", y, Numbers.Of(ElementType.Int64, [0, 0])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("cum_sum", Numbers.Bools(true), Axis(0)));
    }

    [Fact]
    public void Top_k_equals_a_stable_sort() =>
        Gen.Select(Gen.Int[0, 6].Array[1, 40], Gen.Int[0, 40], Gen.Bool).Sample((whole, k, isLargest) =>
        {
            k = Math.Min(k, whole.Length);
            double[] x = [.. whole.Select(item => item == 6 ? double.NaN : item)];
            IOrderedEnumerable<int> order = isLargest
                ? Enumerable.Range(0, x.Length).OrderByDescending(i => double.IsNaN(x[i]) ? 9 : x[i])
                : Enumerable.Range(0, x.Length).OrderBy(i => double.IsNaN(x[i]) ? 9 : x[i]);
            int[] expected = [.. order.Take(k)];
            KernelAttributes attributes = KernelAttributes.Of(("largest", isLargest ? 1L : 0L));
            NbcValue?[] results = KernelEvaluator.Evaluate("top_k", attributes, [Numbers.Float(x), K(k)], 2);
            Assert.Equal(expected.Select(i => x[i]), Numbers.Back(results[0]));
            Assert.Equal(expected.Select(i => (double)i), Numbers.Back(results[1]));
        });

    [Fact]
    public void Top_k_takes_every_type_and_axis()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue x = Numbers.Of(type, [1, 5, 3, 4, 2, 6], 2, 3);
            NbcValue?[] results = KernelEvaluator.Evaluate("top_k", KernelAttributes.None, [x, K(2)], 2);
            Assert.Equal([5, 3, 6, 4], Numbers.Back(results[0]));
            Assert.Equal([1, 2, 2, 0], Numbers.Back(results[1]));
            results = KernelEvaluator.Evaluate("top_k", s_axis0, [x, K(1)], 2);
            Assert.Equal([4, 5, 6], Numbers.Back(results[0]));
            Assert.Equal([1, 0, 1], Numbers.Back(results[1]));
        }

        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("top_k", Numbers.Float(1), K(2)));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("top_k", Numbers.Float(1), K(-1)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("top_k", Numbers.Float(1), Numbers.Float(1)));
        Assert.Equal(KernelFault.WrongShape, Numbers.Fault("top_k", Numbers.Float(1), Numbers.Of(ElementType.Int64,
            [1, 1])));
        Assert.Equal(KernelFault.WrongType, Assert.Throws<KernelException>(() => KernelEvaluator.Evaluate(
            "top_k", KernelAttributes.None, [Numbers.Bools(true), K(1)], 2)).Fault);
    }

    [Fact]
    public void Softmax_and_its_logarithm_equal_their_definition_along_any_axis()
    {
        double[] x = [0.5, -1, 2, 3, 0, -2, 1, 1];
        foreach (ElementType type in Numbers.Floats)
        {
            foreach (long axis in new long[] { 0, 1, 2, -1 })
            {
                TensorValue tensor = Numbers.Of(type, x, 2, 2, 2);
                KernelAttributes attributes = KernelAttributes.Of(("axis", axis));
                double[] y = Numbers.Run("softmax", attributes, tensor);
                double[] logs = Numbers.Run("log_softmax", attributes, tensor);
                int step = axis switch { 0 => 4, 1 => 2, _ => 1 };
                for (int i = 0; i < x.Length; i++)
                {
                    int other = i ^ step;
                    double expected = Math.Exp(x[i]) / (Math.Exp(x[i]) + Math.Exp(x[other]));
                    Numbers.AssertClose([expected], [y[i]], Numbers.Step(type));
                    Numbers.AssertClose([Math.Log(expected)], [logs[i]], 2 * Numbers.Step(type));
                }
            }
        }
    }

    [Fact]
    public void Softmax_does_not_overflow_and_spreads_NaN()
    {
        Numbers.AssertClose([0.5, 0.5, 0], Numbers.Run("softmax", Numbers.Float(1e30, 1e30, -1e30)));
        Numbers.AssertClose([0, -1e4], Numbers.Run("log_softmax", Numbers.Float(1e4, 0)));
        Assert.Equal([double.NaN, double.NaN], Numbers.Run("softmax", Numbers.Float(double.NaN, 1)));
        Assert.Equal([1], Numbers.Run("softmax", Numbers.Scalar(ElementType.Float32, 3)));
        Assert.Empty(Numbers.Run("softmax", TensorValue.Allocate(ElementType.Float32, 2, 0)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("softmax", Numbers.Of(ElementType.Int32, [1])));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("softmax", KernelAttributes.Of(("axis", 3L)),
            Numbers.Float(1)));
    }

    [Fact]
    public void Hardmax_marks_the_first_largest()
    {
        foreach (ElementType type in Numbers.Floats)
        {
            TensorValue x = Numbers.Of(type, [3, 1, 3, 2, 5, 4], 2, 3);
            Assert.Equal([1, 0, 0, 0, 1, 0], Numbers.Run("hardmax", x));
            Assert.Equal([1, 0, 0, 0, 1, 1], Numbers.Run("hardmax", s_axis0, x));
        }
    }

    private static TensorValue Axis(long axis) => Numbers.Scalar(ElementType.Int64, axis);

    private static TensorValue K(long k) => Numbers.Of(ElementType.Int64, [k]);
}
