using Nbc.Kernels.Elementwise;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

public sealed class UnaryTests
{
    private const double Inf = double.PositiveInfinity;

    private static readonly double[] s_points = [-8, -2.5, -1, -0.75, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.5, 3.25, 10];

    private static readonly (string Name, KernelAttributes Attributes, Func<double, double> Definition)[] s_functions =
    [
        ("abs", KernelAttributes.None, Math.Abs),
        ("neg", KernelAttributes.None, x => -x),
        ("sign", KernelAttributes.None, x => double.IsNaN(x) ? x : Math.Sign(x)),
        ("floor", KernelAttributes.None, Math.Floor),
        ("ceil", KernelAttributes.None, Math.Ceiling),
        ("round", KernelAttributes.None, x => Math.Round(x, MidpointRounding.ToEven)),
        ("reciprocal", KernelAttributes.None, x => 1 / x),
        ("sqrt", KernelAttributes.None, Math.Sqrt),
        ("exp", KernelAttributes.None, Math.Exp),
        ("log", KernelAttributes.None, Math.Log),
        ("sin", KernelAttributes.None, Math.Sin),
        ("cos", KernelAttributes.None, Math.Cos),
        ("tan", KernelAttributes.None, Math.Tan),
        ("asin", KernelAttributes.None, Math.Asin),
        ("acos", KernelAttributes.None, Math.Acos),
        ("atan", KernelAttributes.None, Math.Atan),
        ("sinh", KernelAttributes.None, Math.Sinh),
        ("cosh", KernelAttributes.None, Math.Cosh),
        ("tanh", KernelAttributes.None, Math.Tanh),
        ("asinh", KernelAttributes.None, Math.Asinh),
        ("acosh", KernelAttributes.None, Math.Acosh),
        ("atanh", KernelAttributes.None, Math.Atanh),
        ("relu", KernelAttributes.None, x => Math.Max(x, 0)),
        ("leaky_relu", KernelAttributes.None, x => x < 0 ? 0.01 * x : x),
        ("leaky_relu", KernelAttributes.Of(("alpha", 0.5)), x => x < 0 ? 0.5 * x : x),
        ("elu", KernelAttributes.Of(("alpha", 2.0)), x => x < 0 ? 2 * (Math.Exp(x) - 1) : x),
        ("selu", KernelAttributes.None,
            x => 1.05070102214813232421875 * (x > 0 ? x : 1.67326319217681884765625 * (Math.Exp(x) - 1))),
        ("celu", KernelAttributes.Of(("alpha", 2.0)), x => x < 0 ? 2 * (Math.Exp(x / 2) - 1) : x),
        ("hard_sigmoid", KernelAttributes.None, x => Math.Clamp((0.2 * x) + 0.5, 0, 1)),
        ("hard_swish", KernelAttributes.None, x => x * Math.Clamp((x / 6) + 0.5, 0, 1)),
        ("sigmoid", KernelAttributes.None, x => 1 / (1 + Math.Exp(-x))),
        ("softplus", KernelAttributes.None, x => Math.Log(Math.Exp(x) + 1)),
        ("softsign", KernelAttributes.None, x => x / (1 + Math.Abs(x))),
        ("mish", KernelAttributes.None, x => x * Math.Tanh(Math.Log(1 + Math.Exp(x)))),
        ("swish", KernelAttributes.None, x => x / (1 + Math.Exp(-x))),
        ("swish", KernelAttributes.Of(("alpha", 2.0)), x => x / (1 + Math.Exp(-2 * x))),
        ("thresholded_relu", KernelAttributes.Of(("alpha", 1.0)), x => x > 1 ? x : 0),
        ("shrink", KernelAttributes.Of(("lambd", 1.0), ("bias", 0.5)),
            x => x < -1 ? x + 0.5 : x > 1 ? x - 0.5 : double.IsNaN(x) ? x : 0),
        ("gelu", KernelAttributes.Of(("approximate", "tanh")),
            x => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))),
    ];

    [Fact]
    public void Every_function_equals_its_definition_in_every_floating_type()
    {
        foreach ((string name, KernelAttributes attributes, Func<double, double> definition) in s_functions)
        {
            foreach (ElementType type in Numbers.Floats)
            {
                double[] actual = Numbers.Run(name, attributes, Numbers.Of(type, s_points));
                double[] expected = [.. s_points.Select(definition)];
                Numbers.AssertClose(expected, actual, Numbers.Step(type));
            }
        }
    }

    [Fact]
    public void Every_function_spreads_NaN()
    {
        foreach ((string name, KernelAttributes attributes, Func<double, double> definition) in s_functions)
        {
            double[] actual = Numbers.Run(name, attributes, Numbers.Float(double.NaN, 1));
            Assert.True(
                name == "thresholded_relu" || double.IsNaN(definition(double.NaN)) == double.IsNaN(actual[0]), name);
        }
    }

    public static TheoryData<string, double, double> EdgesData => new()
    {   // function     x        y
        { "exp", -Inf, 0 }, { "exp", Inf, Inf }, { "log", 0, -Inf }, { "log", -1, double.NaN },
        { "sqrt", -1, double.NaN }, { "reciprocal", 0, Inf }, { "sigmoid", -Inf, 0 }, { "sigmoid", Inf, 1 },
        { "tanh", Inf, 1 }, { "softplus", 1000, 1000 }, { "softplus", -1000, 0 }, { "softplus", -50, 1.9287498e-22 },
        { "erf", Inf, 1 }, { "erf", -Inf, -1 }, { "round", 0.5, 0 }, { "round", 1.5, 2 }, { "round", -2.5, -2 },
        { "sign", -0.0, 0 }, { "relu", -Inf, 0 }, { "tanh", 1e-6, 1e-6 }, { "sinh", 1e-6, 1e-6 },
    };

    [Theory]
    [MemberData(nameof(EdgesData))]
    public void Edges_are_those_of_IEEE_754(string name, double x, double y) =>
        Numbers.AssertClose([y], Numbers.Run(name, Numbers.Float(x)), 1e-5);

    // Abramowitz and Stegun, table 7.1.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 0.1124629160182849)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(1, 0.8427007929497149)]
    [InlineData(-1.5, -0.9661051464753108)]
    [InlineData(2, 0.9953222650189527)]
    [InlineData(3, 0.9999779095030014)]
    [InlineData(5.9, 0.9999999999999999)]
    [InlineData(1e-10, 1.1283791670955126e-10)]
    public void The_error_function_is_exact_in_double_precision(double x, double y)
    {
        Assert.Equal(y, ErrorFunction.Of(x), Math.Abs(y) * 1e-15);
        Assert.True(double.IsNaN(ErrorFunction.Of(double.NaN)));
        Numbers.AssertClose([x * (1 + y) / 2], Numbers.Run("gelu", Numbers.Of(ElementType.Float64, [x * Math.Sqrt(2)]))
            .Select(g => g / Math.Sqrt(2)).ToArray(), 1e-13);
    }

    [Fact]
    public void Whole_numbers_wrap_and_keep_their_type()
    {
        Assert.Equal([-128, 1, 0, 127], Numbers.Run("abs", Numbers.Of(ElementType.Int8, [-128, -1, 0, 127])));
        Assert.Equal([-128, 1, 0, -127], Numbers.Run("neg", Numbers.Of(ElementType.Int8, [-128, -1, 0, 127])));
        foreach (ElementType type in Numbers.Integers)
        {
            Assert.Equal([0, 1, 1], Numbers.Run("sign", Numbers.Of(type, [0, 1, 77])));
            Assert.Equal([0, 1, 77], Numbers.Run("relu", Numbers.Of(type, [0, 1, 77])));
            Assert.Equal([0, 0, 76], Numbers.Run(
                "shrink", KernelAttributes.Of(("lambd", 1.5), ("bias", 1.0)), Numbers.Of(type, [0, 1, 77])));
        }
    }

    [Fact]
    public void Fast_forms_equal_the_scalar_line_at_every_length()
    {
        string[] fast = ["exp", "log", "sqrt", "sin", "cos", "sigmoid", "floor", "round", "reciprocal", "neg", "relu"];
        foreach (string name in fast)
        {
            for (int length = 0; length <= 70; length++)
            {
                double[] x = [.. Enumerable.Range(0, length).Select(i => 0.125 + (i * 0.375))];
                double[] whole = Numbers.Run(name, Numbers.Float(x));
                double[] single = [.. x.Select(item => Numbers.Run(name, Numbers.Float(item))[0])];
                Numbers.AssertClose(single, whole, 1e-6);
            }
        }
    }

    [Fact]
    public void Long_halves_cross_blocks()
    {
        double[] x = [.. Enumerable.Range(0, 1300).Select(i => (double)(i % 64))];
        foreach (ElementType type in new[] { ElementType.Float16, ElementType.BFloat16 })
        {
            Assert.Equal(x.Select(item => -item), Numbers.Run("neg", Numbers.Of(type, x)));
            Assert.Equal(x, Numbers.Run("floor", Numbers.Of(type, x)));
            Assert.Equal(x.Select(item => Math.Min(item, 9)), Numbers.Run(
                "clip", Numbers.Of(type, x), null, Numbers.Scalar(type, 9)));
            Assert.Equal(x.Select(item => item > 0.5 ? item : 0), Numbers.Run("shrink", Numbers.Of(type, x)));
        }
    }

    [Fact]
    public void Scalars_and_empty_tensors_keep_their_shape()
    {
        TensorValue scalar = KernelEvaluator.EvaluateOne(
            "exp", KernelAttributes.None, Numbers.Scalar(ElementType.Float32, 0));
        Assert.Equal(0, scalar.Rank);
        Assert.Equal([1], Numbers.Back(scalar));
        TensorValue empty = KernelEvaluator.EvaluateOne(
            "abs", KernelAttributes.None, TensorValue.Allocate(ElementType.Int32, 2, 0, 3));
        Assert.Equal([2, 0, 3], empty.Shape.ToArray());
    }

    [Fact]
    public void What_is_no_number_is_refused()
    {
        TensorValue text = TensorValue.FromStrings([[1]], 1);
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("exp", text));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("exp", Numbers.Of(ElementType.Int32, [1])));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("abs", text));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("shrink", Numbers.Bools(true)));
        Assert.Equal(KernelFault.WrongType, Numbers.Fault("clip", text));
        Assert.Equal(KernelFault.MissingOperand, Numbers.Fault("exp"));
        Assert.Equal(KernelFault.WrongAttribute, Assert.Throws<KernelException>(
            () => KernelRegistry.Create("gelu", KernelAttributes.Of(("approximate", "best")))).Fault);
    }
}
