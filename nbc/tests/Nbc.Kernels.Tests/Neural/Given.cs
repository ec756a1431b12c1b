using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

/// <summary>Makes operands, runs one operator, compares results.</summary>
internal static class Given
{
    public static TensorValue Floats(long[] shape, params float[] values) =>
        TensorValue.From<float>(ElementType.Float32, values, shape);

    public static TensorValue Longs(long[] shape, params long[] values) =>
        TensorValue.From<long>(ElementType.Int64, values, shape);

    public static TensorValue Ints(long[] shape, params int[] values) =>
        TensorValue.From<int>(ElementType.Int32, values, shape);

    public static TensorValue Bytes(ElementType type, long[] shape, params byte[] values) =>
        TensorValue.From<byte>(type, values, shape);

    public static TensorValue Texts(long[] shape, params string[] values) =>
        TensorValue.FromStrings([.. values.Select(System.Text.Encoding.UTF8.GetBytes)], shape);

    /// <summary>Numbers from -1 to 1 in steps of 1/64: sums of products are exact in float.</summary>
    public static TensorValue Random(int seed, params long[] shape) => Random(ElementType.Float32, seed, shape);

    public static TensorValue Random(ElementType type, int seed, params long[] shape)
    {
        Random random = new(seed);
        TensorValue tensor = TensorValue.Allocate(type, shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            Put(tensor, i, random.Next(-64, 65) / 64.0);
        }

        return tensor;
    }

    public static TensorValue As(TensorValue source, ElementType type)
    {
        TensorValue tensor = TensorValue.Allocate(type, source.Shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            Put(tensor, i, At(source, i));
        }

        return tensor;
    }

    public static double[] Doubles(NbcValue? value)
    {
        TensorValue tensor = Assert.IsType<TensorValue>(value);
        return [.. Enumerable.Range(0, tensor.Count).Select(i => At(tensor, i))];
    }

    public static string[] Strings(NbcValue? value) =>
        [.. Assert.IsType<TensorValue>(value).Strings.Select(System.Text.Encoding.UTF8.GetString)];

    public static NbcValue?[] Run(
        string name, (string, AttributeValue)[] attributes, int results, params NbcValue?[] operands) =>
        KernelEvaluator.Evaluate(name, KernelAttributes.Of(attributes), operands, results);

    public static TensorValue One(
        string name, (string, AttributeValue)[] attributes, params NbcValue?[] operands) =>
        KernelEvaluator.EvaluateOne(name, KernelAttributes.Of(attributes), operands);

    public static void Near(double[] expected, NbcValue? actual, double tolerance = 1e-5)
    {
        double[] values = Doubles(actual);
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            bool same = expected[i].Equals(values[i])
                || Math.Abs(expected[i] - values[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]));
            Assert.True(same, $"element {i}: expected {expected[i]}, found {values[i]}");
        }
    }

    public static void Shape(NbcValue? value, params long[] shape) =>
        Assert.Equal(shape, Assert.IsType<TensorValue>(value).Shape.ToArray());

    public static void Refuses(
        KernelFault fault, string name, (string, AttributeValue)[] attributes, params NbcValue?[] operands) =>
        Assert.Equal(fault, Assert.Throws<KernelException>(() => Run(name, attributes, 1, operands)).Fault);

    private static double At(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.Float32 => tensor.Span<float>()[i],
        ElementType.Float64 => tensor.Span<double>()[i],
        ElementType.Float16 => (double)tensor.Span<Half>()[i],
        ElementType.BFloat16 => (float)tensor.Span<BFloat16>()[i],
        ElementType.Int64 => tensor.Span<long>()[i],
        ElementType.UInt64 => tensor.Span<ulong>()[i],
        ElementType.Int32 => tensor.Span<int>()[i],
        ElementType.UInt32 => tensor.Span<uint>()[i],
        ElementType.Int8 => tensor.Span<sbyte>()[i],
        _ => tensor.Span<byte>()[i],
    };

    private static void Put(TensorValue tensor, int i, double value)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32:
                tensor.Span<float>()[i] = (float)value;
                break;
            case ElementType.Float64:
                tensor.Span<double>()[i] = value;
                break;
            case ElementType.Float16:
                tensor.Span<Half>()[i] = (Half)value;
                break;
            case ElementType.BFloat16:
                tensor.Span<BFloat16>()[i] = (BFloat16)(float)value;
                break;
            case ElementType.Int64 or ElementType.UInt64:
                tensor.Span<long>()[i] = (long)(value * 64);
                break;
            case ElementType.Int32 or ElementType.UInt32:
                tensor.Span<int>()[i] = (int)(value * 64);
                break;
            default:
                tensor.Span<sbyte>()[i] = (sbyte)(value * 64);
                break;
        }
    }
}
