using System.Runtime.InteropServices;
using Ahr.Backends.Conformance;
using Ahr.Backends.Tests.Bytecode;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests.Conformance;

[Collection("engine")]
public sealed class ConformanceRunTests : IDisposable
{
    private const ElementType F32 = ElementType.Float32;
    private readonly ModelFolder _folder = new();

    public static TheoryData<string, float[], Verdict, string> Answers => new()
    {   // what is tried           what the file says      verdict            why
        { "the right answer",      [0, 2],                 Verdict.Passed,    "" },
        { "within the tolerance",  [0, 2.0005f],           Verdict.Passed,    "" },
        { "a wrong answer",        [0, 3],                 Verdict.Failed,
            "test_data_set_0: output 0: element 1 of f32 [2] is 2, not 3" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void What_comes_is_compared_with_what_should_come(string what, float[] expected, Verdict verdict, string why)
    {
        Assert.NotEmpty(what);
        Write("case", Unary("Relu"), [Floats(-1, 2)], [Floats(expected)]);
        ConformanceOutcome outcome = Run("nbc");
        Assert.Equal(("case", verdict, why), (outcome.Name, outcome.Verdict, outcome.Why));
        Assert.Equal(verdict, Run("onnxruntime").Verdict);
    }

    [Fact]
    public void Another_shape_is_a_failure()
    {
        Write("case", Unary("Relu"), [Floats(-1, 2)], [Floats(0, 2, 3)]);
        Assert.Equal("test_data_set_0: output 0: it is f32 [2], not f32 [3]", Run("nbc").Why);
    }

    [Fact]
    public void What_the_engine_does_not_have_is_refused_by_name_and_never_handed_on()
    {
        byte[] Square(params float[] values) => Join(Int(1, 2), Int(1, 2), Floats(values)[2..]);
        Write("case", NbcBackendTests.WithForeignPart(), [Square(1, 2, 3, 4)], [Square(-1, -2, -3, -4)]);
        ConformanceOutcome refused = Run("nbc");
        Assert.Equal(Verdict.Refused, refused.Verdict);
        Assert.Contains(NbcBackendTests.ForeignOperator, refused.Why, StringComparison.Ordinal);
        Assert.Equal((Verdict.Passed, ""), (Run("onnxruntime").Verdict, Run("onnxruntime").Why));
    }

    [Fact]
    public void A_file_that_is_no_model_fails_and_nothing_is_thrown()
    {
        Write("case", [255, 255, 255], [], []);
        Assert.Equal(Verdict.Failed, Run("nbc").Verdict);
    }

    [Fact]
    public void Data_that_is_no_tensor_fails_and_nothing_is_thrown()
    {
        Write("case", Unary("Relu"), [[255, 255]], [Floats(1)]);
        Assert.Equal(Verdict.Failed, Run("nbc").Verdict);
    }

    [Fact]
    public void An_output_too_few_is_a_failure()
    {
        Write("case", Unary("Relu"), [Floats(1)], [Floats(1), Floats(1)]);
        Assert.Equal("test_data_set_0: 1 outputs came, 2 are expected", Run("nbc").Why);
    }

    [Fact]
    public void Random_numbers_are_judged_by_type_and_shape_alone()
    {
        byte[] model = Model(Graph(
            Node("RandomUniformLike", ["x"], ["y"]), Input("x", F32, "n"), Output("y", F32, "n")));
        Write("case", model, [Floats(1, 2)], [Floats(7, 8)]);
        Assert.Equal((Verdict.Random, ""), (Run("nbc").Verdict, Run("nbc").Why));
        Write("case", model, [Floats(1, 2)], [Floats(7, 8, 9)]);
        Assert.Equal(Verdict.Failed, Run("nbc").Verdict);
    }

    [Fact]
    public void Random_bits_are_nothing_but_bits()
    {
        Write("case", Unary("Bernoulli"), [Floats(0.5f, 0.5f)], [Floats(1, 1)]);
        Assert.Equal(Verdict.Random, Run("nbc").Verdict);
    }

    [Fact]
    public void Cases_are_found_in_every_folder_below_and_sorted_by_name()
    {
        Write("b/two", Unary("Relu"), [], []);
        Write("a", Unary("Relu"), [], []);
        File.WriteAllText(Path.Combine(_folder.Root, "b", "readme"), "none");
        Assert.Equal(["a", "b/two"], ConformanceCase.Find(_folder.Root).Select(test => test.Name));
        ConformanceCase alone = ConformanceCase.Find(Path.Combine(_folder.Root, "a")).Single();
        Assert.Equal("a", alone.Name);
    }

    [Fact]
    public void A_number_that_is_left_out_is_an_absent_input()
    {
        byte[] model = Model(Graph(
            Node("Clip", ["x", "", "max"], ["y"]), Input("x", F32, "n"), Value(11, "max", 1, []),
            Output("y", F32, "n")));
        string home = Write("case", model, [Floats(-5, 5)], [Floats(-5, 1)]);
        File.WriteAllBytes(Path.Combine(home, "test_data_set_0", "input_1.pb"), Scalar(1));
        Assert.Equal((Verdict.Passed, ""), (Run("nbc").Verdict, Run("nbc").Why));
    }

    [Fact]
    public void Verdicts_are_counted()
    {
        ConformanceReport report = new(
        [
            new("a", Verdict.Passed, ""), new("b", Verdict.Failed, "wrong"), new("c", Verdict.Refused, "no"),
            new("d", Verdict.Random, ""), new("e", Verdict.Passed, ""),
        ]);
        Assert.Equal(
            (5, 2, 1, 1, 1), (report.Total, report.Passed, report.Failed, report.Refused, report.Random));
    }

    public static TheoryData<string, NbcValue?, NbcValue?, string?> Values => new()
    {
        { "nothing is nothing", null, null, null },
        { "nothing is no tensor", null, Of(1), "it is absent, not f32 [1]" },
        { "an optional is its content", new OptionalValue(Of(1)), Of(1), null },
        { "content is its optional", Of(1), new OptionalValue(Of(1)), null },
        { "an empty optional is nothing", new OptionalValue(null), null, null },
        { "not a number equals itself", Of(float.NaN), Of(float.NaN), null },
        { "infinity is not its opposite", Of(float.PositiveInfinity), Of(float.NegativeInfinity),
            "element 0 of f32 [1] is Infinity, not -Infinity" },
        { "a number is not infinity", Of(5), Of(float.PositiveInfinity), "element 0 of f32 [1] is 5, not Infinity" },
        { "zero has no tolerance to speak of", Of(1e-5f), Of(0),
            "element 0 of f32 [1] is 9.999999747378752E-06, not 0" },
        { "sequences are as long", new SequenceValue(F32, Of(1)), new SequenceValue(F32), "it has 1 items, not 0" },
        { "items are compared", new SequenceValue(F32, Of(1)), new SequenceValue(F32, Of(2)),
            "item 0: element 0 of f32 [1] is 1, not 2" },
        { "a sequence is no tensor", new SequenceValue(F32), Of(1), "it is a sequence, not f32 [1]" },
        { "strings are bytes", Words("a"), Words("b"), "element 0 is 'a', not 'b'" },
        { "equal strings", Words("a"), Words("a"), null },
        { "maps by keys and values", new MapValue(Words("a"), Of(1)), new MapValue(Words("a"), Of(2)),
            "element 0 of f32 [1] is 1, not 2" },
        { "a map is no tensor", new MapValue(Words("a"), Of(1)), Of(1), "it is a map, not f32 [1]" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_of_every_kind_are_compared(string what, NbcValue? actual, NbcValue? expected, string? why)
    {
        Assert.NotEmpty(what);
        Assert.Equal(why, ValueComparison.Difference(actual, expected, Tolerance.Onnx));
    }

    public static TheoryData<ElementType> NumberTypes => [.. Enum.GetValues<ElementType>().Where(type =>
        ElementTypes.SizeOf(type) > 0 && type is not (ElementType.Bool or ElementType.String))];

    [Theory]
    [MemberData(nameof(NumberTypes))]
    public void Every_element_type_is_compared(ElementType type)
    {
        TensorValue zero = TensorValue.Allocate(type, 2), other = TensorValue.Allocate(type, 2);
        zero.Bytes().Clear();
        other.Bytes().Clear();
        Assert.Null(ValueComparison.Difference(zero, other, Tolerance.Onnx));
        other.Bytes()[^1] = 0x3F; // its exponent, or a small number
        Assert.NotNull(ValueComparison.Difference(other, zero, Tolerance.Onnx));
    }

    public void Dispose() => _folder.Dispose();

    private static TensorValue Of(float value) => TensorValue.From(F32, [value], 1);

    private static TensorValue Words(string text) =>
        TensorValue.FromStrings([System.Text.Encoding.UTF8.GetBytes(text)], 1);

    private static byte[] Unary(string op) => Model(Graph(
        Node(op, ["x"], ["y"]), Input("x", F32, "n"), Output("y", F32, "n")));

    private static byte[] Floats(params float[] values) => Join(
        Int(1, values.Length), Int(2, 1), Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray()));

    private static byte[] Scalar(float value) => Join(Int(2, 1), Bytes(9, BitConverter.GetBytes(value)));

    private ConformanceOutcome Run(string engine)
    {
        IConformanceSubject subject = engine == "nbc" ? new NbcSubject() : new OnnxRuntimeSubject();
        Assert.Equal(engine, subject.Name);
        return new ConformanceRun(subject, Tolerance.Onnx).Run(Assert.Single(ConformanceCase.Find(_folder.Root)));
    }

    private string Write(string name, byte[] model, byte[][] inputs, byte[][] outputs)
    {
        string home = Directory.CreateDirectory(Path.Combine(_folder.Root, name)).FullName;
        string data = Directory.CreateDirectory(Path.Combine(home, "test_data_set_0")).FullName;
        File.WriteAllBytes(Path.Combine(home, "model.onnx"), model);
        for (int i = 0; i < inputs.Length; i++)
        {
            File.WriteAllBytes(Path.Combine(data, $"input_{i}.pb"), inputs[i]);
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            File.WriteAllBytes(Path.Combine(data, $"output_{i}.pb"), outputs[i]);
        }

        return home;
    }
}
