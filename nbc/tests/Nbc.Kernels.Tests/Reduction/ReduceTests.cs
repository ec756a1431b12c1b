using Nbc.Kernels.Tests.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Reduction;

public sealed class ReduceTests
{
    private static readonly (string Name, Func<double[], double> Definition)[] s_reductions =
    [
        ("reduce_sum", x => x.Sum()),
        ("reduce_mean", x => x.Average()),
        ("reduce_max", x => x.Max()),
        ("reduce_min", x => x.Min()),
        ("reduce_prod", x => x.Aggregate(1.0, (a, b) => a * b)),
        ("reduce_l1", x => x.Sum(Math.Abs)),
        ("reduce_l2", x => Math.Sqrt(x.Sum(y => y * y))),
        ("reduce_log_sum", x => Math.Log(x.Sum())),
        ("reduce_log_sum_exp", x => Math.Log(x.Sum(Math.Exp))),
        ("reduce_sum_square", x => x.Sum(y => y * y)),
    ];

    public static TheoryData<long[], long[], long[]> AxesData => new()
    {   // shape         axes     kept
        { [4], [0], [1] }, { [2, 3], [0], [1, 3] }, { [2, 3], [1], [2, 1] }, { [2, 3], [-1], [2, 1] },
        { [2, 3], [], [1, 1] }, { [2, 3, 4], [1], [2, 1, 4] }, { [2, 3, 4], [0, 2], [1, 3, 1] },
        { [2, 3, 4], [2, 0], [1, 3, 1] }, { [2, 3, 4], [-2, -1], [2, 1, 1] }, { [], [], [] },
        { [2, 1, 3, 1], [1, 2], [2, 1, 1, 1] }, { [3, 700], [1], [3, 1] }, { [700, 3], [0], [1, 3] },
    };

    [Theory]
    [MemberData(nameof(AxesData))]
    public void Every_reduction_equals_its_definition_along_any_axes(long[] shape, long[] axes, long[] kept)
    {
        int count = (int)shape.Aggregate(1L, (a, b) => a * b);
        double[] x = [.. Enumerable.Range(0, count).Select(i => 0.5 + ((i * 7) % 5 * 0.25))];
        TensorValue tensor = Numbers.Of(ElementType.Float32, x, shape);
        if (shape.Length == 0)
        {
            tensor = Numbers.Scalar(ElementType.Float32, x[0]);
        }

        foreach ((string name, Func<double[], double> definition) in s_reductions)
        {
            TensorValue y = Reduce(name, tensor, axes);
            Assert.Equal(kept, y.Shape.ToArray());
            Numbers.AssertClose(Reference(x, shape, kept, definition), Numbers.Back(y), 2e-6);
            TensorValue flat = Reduce(name, tensor, axes, ("keepdims", 0L));
            Assert.Equal(Numbers.Back(y), Numbers.Back(flat));
            Assert.Equal(axes.Length == 0 ? 0 : shape.Length - axes.Length, flat.Rank);
        }
    }

    [Fact]
    public void Every_type_reduces()
    {
        foreach (ElementType type in Numbers.All)
        {
            TensorValue x = Numbers.Of(type, [1, 2, 3, 4], 2, 2);
            Assert.Equal([3, 7], Numbers.Back(Reduce("reduce_sum", x, [1])));
            Assert.Equal([4, 6], Numbers.Back(Reduce("reduce_sum", x, [0])));
            Assert.Equal([2, 3], Numbers.Back(Reduce("reduce_mean", x, [0])));
            Assert.Equal([3, 4], Numbers.Back(Reduce("reduce_max", x, [0])));
            Assert.Equal([1, 3], Numbers.Back(Reduce("reduce_min", x, [1])));
            Assert.Equal([24], Numbers.Back(Reduce("reduce_prod", x, [])));
            Assert.Equal([10], Numbers.Back(Reduce("reduce_l1", x, [])));
            Assert.Equal([30], Numbers.Back(Reduce("reduce_sum_square", x, [])));
            Assert.Equal([5], Numbers.Back(Reduce("reduce_l2", Numbers.Of(type, [3, 4]), [0])));
        }

        Assert.Equal([0], Numbers.Back(Reduce("reduce_log_sum", Numbers.Of(ElementType.Int32, [1]), [0])));
        Assert.Equal([4], Numbers.Back(Reduce("reduce_log_sum_exp", Numbers.Of(ElementType.Int32, [4]), [0])));
    }

    [Fact]
    public void Bools_have_a_largest_and_a_smallest()
    {
        TensorValue x = Numbers.Of(ElementType.Bool, [1, 0, 1, 1], 2, 2);
        Assert.Equal([1, 1], Numbers.Back(Reduce("reduce_max", x, [1])));
        Assert.Equal([0, 1], Numbers.Back(Reduce("reduce_min", x, [1])));
        TensorValue none = TensorValue.Allocate(ElementType.Bool, 2, 0);
        Assert.Equal([0, 0], Numbers.Back(Reduce("reduce_max", none, [1])));
        Assert.Equal([1, 1], Numbers.Back(Reduce("reduce_min", none, [1])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("reduce_sum", x));
    }

    public static TheoryData<string, double, double> NothingData => new()
    {   // reduction             of no float32            of no int32
        { "reduce_sum", 0, 0 }, { "reduce_prod", 1, 1 }, { "reduce_max", double.NegativeInfinity, int.MinValue },
        { "reduce_min", double.PositiveInfinity, int.MaxValue }, { "reduce_l1", 0, 0 }, { "reduce_l2", 0, 0 },
        { "reduce_sum_square", 0, 0 }, { "reduce_log_sum", double.NegativeInfinity, 0 }, { "reduce_mean", double.NaN,
            0 },
        { "reduce_log_sum_exp", double.NegativeInfinity, 0 },
    };

    [Theory]
    [MemberData(nameof(NothingData))]
    public void No_numbers_become_the_identity(string name, double real, double whole)
    {
        Assert.Equal([real, real], Numbers.Back(Reduce(name, TensorValue.Allocate(ElementType.Float32, 2, 0), [1])));
        if (!name.Contains("log", StringComparison.Ordinal))
        {
            Assert.Equal([whole], Numbers.Back(Reduce(name, TensorValue.Allocate(ElementType.Int32, 0), [0])));
        }

        Assert.Empty(Numbers.Back(Reduce(name, TensorValue.Allocate(ElementType.Float32, 0, 3), [1])));
    }

    [Fact]
    public void Empty_axes_mean_all_or_none()
    {
        TensorValue x = Numbers.Float(-1, 2);
        Assert.Equal([1], Numbers.Run("reduce_sum", x));
        KernelAttributes noop = KernelAttributes.Of(("noop_with_empty_axes", 1L));
        Assert.Equal([-1, 2], Numbers.Run("reduce_sum", noop, x));
        Assert.Equal([1, 4], Numbers.Run("reduce_sum_square", noop, x));
        Assert.Equal([1, 2], Numbers.Run("reduce_l1", noop, x));
        Numbers.AssertClose([-1, 2], Numbers.Run("reduce_log_sum_exp", noop, x));
    }

    [Fact]
    public void Edges_stay_themselves()
    {
        Assert.Equal([double.NaN], Numbers.Run("reduce_max", Numbers.Float(1, double.NaN, 2)));
        Assert.Equal([double.NaN], Numbers.Run("reduce_min", Numbers.Float(double.NaN, 1)));
        Assert.Equal([double.NaN], Numbers.Run(
            "reduce_sum", Numbers.Float(double.PositiveInfinity, double.NegativeInfinity)));
        Numbers.AssertClose([1000 + Math.Log(2)], Numbers.Run("reduce_log_sum_exp", Numbers.Float(1000, 1000)));
        Assert.Equal([double.PositiveInfinity], Numbers.Run(
            "reduce_log_sum_exp", Numbers.Float(double.PositiveInfinity, 1)));
        Assert.Equal([-128], Numbers.Run("reduce_sum", Numbers.Of(ElementType.Int8, [127, 1])));
        double[] many = [.. Enumerable.Repeat(0.1, 100000)];
        Numbers.AssertClose([10000], Numbers.Run("reduce_sum", Numbers.Float(many)), 1e-6);
    }

    [Fact]
    public void Axes_that_are_not_there_are_refused()
    {
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("reduce_sum", Numbers.Float(1), Ints(1)));
        Assert.Equal(KernelFault.OutOfRange, Numbers.Fault("reduce_sum", Numbers.Float(1), Ints(-2)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("reduce_sum", Numbers.Float(1), Numbers.Float(0)));
        TensorValue text = TensorValue.FromStrings([[1]], 1);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("reduce_sum", text));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("reduce_log_sum_exp", text));
    }

    private static TensorValue Reduce(
        string name, TensorValue x, long[] axes, params (string Name, AttributeValue Value)[] attributes) =>
        KernelEvaluator.EvaluateOne(
            name, KernelAttributes.Of(attributes), x, axes.Length == 0 ? null : Ints(axes));

    private static TensorValue Ints(params long[] values) =>
        TensorValue.From<long>(ElementType.Int64, values, values.Length);

    private static double[] Reference(double[] x, long[] shape, long[] kept, Func<double[], double> definition)
    {
        List<double>[] groups = [.. Enumerable.Range(0, (int)kept.Aggregate(1L, (a, b) => a * b)).Select(_ =>
            new List<double>())];
        for (int i = 0; i < x.Length; i++)
        {
            long rest = i;
            long at = 0;
            long step = 1;
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                at += kept[d] == 1 ? 0 : rest % shape[d] * step;
                rest /= shape[d];
                step *= kept[d];
            }

            groups[at].Add(x[i]);
        }

        return [.. groups.Select(group => definition([.. group]))];
    }
}
