using System.Globalization;
using Ahr.Backends.Conformance;
using Nbc.Tensors;
using Nbc.Values;
using static Ahr.Backends.Tests.OnnxBytes;

namespace Ahr.Backends.Tests;

/// <summary>Operators of ONNX Runtime that become ones of ONNX: in both engines, or against numbers worked out here.
/// </summary>
[Collection("engine")]
public sealed class MicrosoftOperatorTests : IDisposable
{
    private const ElementType F32 = ElementType.Float32, I32 = ElementType.Int32, I64 = ElementType.Int64;

    private readonly ModelFolder _folder = new();

    [Fact]
    public void Range_counts_as_ONNX_Runtime_does()
    {
        Agree("Range", [Of(F32, [], 1), Of(F32, [], 8), Of(F32, [], 2.5)], 1);
        Agree("Range", [Of(I64, [], 2), Of(I64, [], 6)], 1);
        Agree("Range", [Of(I32, [], 9), Of(I32, [], 1), Of(I32, [], -3)], 1);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, -1)]
    [InlineData(0, 2)]
    public void Trilu_keeps_the_triangle_that_ONNX_Runtime_keeps(long upper, double k) =>
        Agree("Trilu", [Counting(2, 3, 4), Of(I64, [], k)], 1, Attribute("upper", upper));

    [Fact]
    public void Pad_fills_as_ONNX_Runtime_does()
    {
        Agree("Pad", [Counting(2, 3), Of(I64, [4], 1, 0, 2, 1), Of(F32, [1], 7)], 1);
        Agree("Pad", [Counting(2, 3), Of(I64, [1, 4], 1, 2, 1, 2)], 1, Attribute("mode", "reflect"));
        Agree("Pad", [Counting(2, 3), Of(I64, [4], 1, 0, 2, 1)], 1, Attribute("mode", "edge"));
    }

    [Theory]
    [InlineData("bilinear", "zeros", 0)]
    [InlineData("nearest", "border", 1)]
    [InlineData("bicubic", "reflection", 0)]
    public void GridSample_looks_where_ONNX_Runtime_looks(string mode, string padding, long align) => Agree(
        "GridSample",
        [Counting(1, 2, 3, 4), Of(F32, [1, 2, 2, 2], -0.9, -0.3, 0.2, 0.55, 1.3, -1.1, 0, 0.75)], 1,
        Attribute("mode", mode), Attribute("padding_mode", padding), Attribute("align_corners", align));

    [Fact]
    public void GatherND_takes_indices_of_both_sizes()
    {
        Agree("GatherND", [Counting(2, 3, 4), Of(I32, [2, 2], 1, 2, 0, -1)], 1);
        Agree("GatherND", [Counting(2, 3, 4), Of(I64, [1, 3], 1, 2, 3)], 1);
    }

    [Fact]
    public void Unique_keeps_the_order_in_which_elements_come() =>
        Agree("Unique", [Of(F32, [6], 2, 1, 1, 3, 4, 3)], 3);

    [Fact]
    public void TransposeMatMul_is_FusedMatMul_by_its_older_name() => Agree(
        "TransposeMatMul", [Counting(2, 3, 4), Counting(2, 3, 5)], 1, Attribute("transA", 1), Real("alpha", 0.5f));

    // ONNX Runtime has no such operator for a CPU; a sum of cosines is what it is.
    [Fact]
    public void Rfft_gives_half_of_the_spectrum_and_Irfft_takes_it_back()
    {
        float[] x = [1, 2, 0, -1, 3, 0.5f, 4, -2, 0, 0, 1, 1];
        TensorValue signal = TensorValue.From(F32, x, 2, 6);
        TensorValue spectrum = (TensorValue)Own(Write("Rfft", [signal], 1), signal)[0]!;
        Assert.Equal([2, 4, 2], spectrum.Shape.ToArray());
        for (int row = 0; row < 2; row++)
        {
            for (int k = 0; k < 4; k++)
            {
                double[] angles = [.. Enumerable.Range(0, 6).Select(i => -2 * Math.PI * i * k / 6)];
                double real = angles.Select((angle, i) => x[(row * 6) + i] * Math.Cos(angle)).Sum();
                double imaginary = angles.Select((angle, i) => x[(row * 6) + i] * Math.Sin(angle)).Sum();
                Assert.Equal(real, spectrum.Span<float>()[((row * 4) + k) * 2], 1e-4);
                Assert.Equal(imaginary, spectrum.Span<float>()[(((row * 4) + k) * 2) + 1], 1e-4);
            }
        }

        TensorValue back = (TensorValue)Own(Write("Irfft", [spectrum], 1), spectrum)[0]!;
        Assert.Null(ValueComparison.Difference(back, signal, Tolerance.Onnx));
    }

    [Fact]
    public void BiasDropout_adds_before_and_behind_and_drops_in_training_alone()
    {
        TensorValue data = Counting(2, 3), bias = Of(F32, [3], 1, 2, 3), residual = Of(F32, [2, 3], 1, 1, 1, 2, 2, 2);
        TensorValue ratio = Of(F32, [], 0.5), training = TensorValue.From<byte>(ElementType.Bool, [1]);
        IReadOnlyList<NbcValue?> still = Own(Write("BiasDropout", [data, bias, residual], 2), data, bias, residual);
        Assert.Equal([2, 4, 6, 6, 8, 10], ((TensorValue)still[0]!).Span<float>().ToArray());
        Assert.Equal([1, 1, 1, 1, 1, 1], ((TensorValue)still[1]!).Span<byte>().ToArray());
        TensorValue[] all = [data, bias, residual, ratio, training];
        IReadOnlyList<NbcValue?> trained = Own(Write("BiasDropout", all, 2), all);
        byte[] mask = ((TensorValue)trained[1]!).Span<byte>().ToArray();
        float[] sums = [1, 3, 5, 4, 6, 8], behind = [1, 1, 1, 2, 2, 2];
        Assert.Equal(mask.Select((stays, i) => (stays * sums[i] * 2) + behind[i]),
            ((TensorValue)trained[0]!).Span<float>().ToArray());
    }

    public void Dispose() => _folder.Dispose();

    private void Agree(string op, TensorValue[] inputs, int outputs, params byte[][] attributes)
    {
        string path = Write(op, inputs, outputs, attributes);
        using IConformanceModel other = new OnnxRuntimeSubject().Load(path);
        IReadOnlyList<NbcValue?> expected = other.Run(inputs), actual = Own(path, inputs);
        Assert.Equal(outputs, expected.Count);
        for (int i = 0; i < outputs; i++)
        {
            Assert.Null(ValueComparison.Difference(actual[i], expected[i], Tolerance.Onnx));
        }
    }

    private static IReadOnlyList<NbcValue?> Own(string path, params TensorValue[] inputs)
    {
        using IConformanceModel own = new NbcSubject().Load(path);
        return own.Run(inputs);
    }

    private string Write(string op, TensorValue[] inputs, int outputs, params byte[][] attributes)
    {
        string[] names = [.. inputs.Select((_, i) => $"x{i}")];
        string[] results = [.. Enumerable.Range(0, outputs).Select(i => $"y{i}")];
        byte[] node = Node(op, names, results, "com.microsoft", attributes);
        byte[][] ports =
        [
            .. inputs.Select((input, i) => Input(names[i], input.Type, [.. input.Shape.ToArray().Cast<object>()])),
            .. results.Select(name => Bytes(12, Text(1, name))),
        ];
        byte[] model = Model(Graph([node, .. ports]), 17, Bytes(8, Join(Text(1, "com.microsoft"), Int(2, 1))));
        return _folder.Write($"{op}.onnx", model);
    }

    private static byte[] Attribute(string name, long value) =>
        Bytes(5, Join(Text(1, name), Int(3, value), Int(20, 2)));

    private static byte[] Attribute(string name, string value) =>
        Bytes(5, Join(Text(1, name), Text(4, value), Int(20, 3)));

    private static byte[] Real(string name, float value) => Bytes(5, Join(
        Text(1, name), [(2 << 3) | 5, .. BitConverter.GetBytes(value)], Int(20, 1)));

    private static TensorValue Counting(params long[] shape) =>
        Of(F32, shape, [.. Enumerable.Range(0, (int)Shapes.Product(shape)).Select(i => (double)i)]);

    private static TensorValue Of(ElementType type, long[] shape, params double[] values) => type switch
    {
        F32 => TensorValue.From<float>(type, Array.ConvertAll(values, value => (float)value), shape),
        I32 => TensorValue.From<int>(type, Array.ConvertAll(values, value => (int)value), shape),
        I64 => TensorValue.From<long>(type, Array.ConvertAll(values, value => (long)value), shape),
        _ => throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{type}")),
    };
}
