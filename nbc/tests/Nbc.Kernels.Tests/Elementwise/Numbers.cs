using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Elementwise;

/// <summary>Tensors of any type from numbers, and numbers from tensors: the tests' own conversions.</summary>
internal static class Numbers
{
    public static readonly ElementType[] Floats =
        [ElementType.Float32, ElementType.Float64, ElementType.Float16, ElementType.BFloat16];

    public static readonly ElementType[] Integers =
    [
        ElementType.Int8, ElementType.Int16, ElementType.Int32, ElementType.Int64,
        ElementType.UInt8, ElementType.UInt16, ElementType.UInt32, ElementType.UInt64,
    ];

    public static readonly ElementType[] All = [.. Floats, .. Integers];

    public static TensorValue Of(ElementType type, double[] values, params long[] shape)
    {
        TensorValue tensor = TensorValue.Allocate(type, shape.Length == 0 ? [values.Length] : shape);
        Assert.Equal(values.Length, tensor.Count);
        for (int i = 0; i < values.Length; i++)
        {
            Set(tensor, i, values[i]);
        }

        return tensor;
    }

    public static TensorValue Scalar(ElementType type, double value)
    {
        TensorValue tensor = TensorValue.Allocate(type);
        Set(tensor, 0, value);
        return tensor;
    }

    public static TensorValue Float(params double[] values) => Of(ElementType.Float32, values);

    public static TensorValue Bools(params bool[] values) =>
        Of(ElementType.Bool, [.. values.Select(value => value ? 1.0 : 0.0)]);

    public static double[] Back(NbcValue? value)
    {
        TensorValue tensor = Assert.IsType<TensorValue>(value);
        return [.. Enumerable.Range(0, tensor.Count).Select(i => Get(tensor, i))];
    }

    public static double[] Run(string name, KernelAttributes attributes, params NbcValue?[] inputs) =>
        Back(KernelEvaluator.EvaluateOne(name, attributes, inputs));

    public static double[] Run(string name, params NbcValue?[] inputs) => Run(name, KernelAttributes.None, inputs);

    public static KernelFault Fault(string name, KernelAttributes attributes, params NbcValue?[] inputs) =>
        Assert.Throws<KernelException>(() => KernelEvaluator.Evaluate(name, attributes, inputs)).Fault;

    public static KernelFault Fault(string name, params NbcValue?[] inputs) =>
        Fault(name, KernelAttributes.None, inputs);

    /// <summary>Equal within a share of the expected number, or both NaN.</summary>
    public static void AssertClose(double[] expected, double[] actual, double tolerance = 1e-6)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool isClose = double.IsNaN(expected[i])
                ? double.IsNaN(actual[i])
                : expected[i] == actual[i]
                    || Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1e-3, Math.Abs(expected[i]));
            Assert.True(isClose, $"element {i} is {actual[i]}, expected {expected[i]}");
        }
    }

    /// <summary>What a type can tell apart, relative.</summary>
    public static double Step(ElementType type) => type switch
    {
        ElementType.Float64 => 1e-12,
        ElementType.Float32 => 2e-6,
        ElementType.Float16 => 1.1e-3,
        _ => 9e-3,
    };

    private static void Set(TensorValue tensor, int i, double value)
    {
        switch (tensor.Type)
        {
            case ElementType.Float32: tensor.Span<float>()[i] = (float)value; break;
            case ElementType.Float64: tensor.Span<double>()[i] = value; break;
            case ElementType.Float16: tensor.Span<Half>()[i] = (Half)value; break;
            case ElementType.BFloat16: tensor.Span<ushort>()[i] = ((BFloat16)(float)value).Bits; break;
            case ElementType.Int64: tensor.Span<long>()[i] = (long)value; break;
            case ElementType.Int32: tensor.Span<int>()[i] = (int)value; break;
            case ElementType.Int16: tensor.Span<short>()[i] = (short)value; break;
            case ElementType.Int8 or ElementType.Int4 or ElementType.Int2:
                tensor.Span<sbyte>()[i] = (sbyte)value;
                break;
            case ElementType.UInt64: tensor.Span<ulong>()[i] = (ulong)value; break;
            case ElementType.UInt32: tensor.Span<uint>()[i] = (uint)value; break;
            case ElementType.UInt16: tensor.Span<ushort>()[i] = (ushort)value; break;
            default: tensor.Span<byte>()[i] = (byte)value; break;
        }
    }

    private static double Get(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.Float32 => tensor.Span<float>()[i],
        ElementType.Float64 => tensor.Span<double>()[i],
        ElementType.Float16 => (double)tensor.Span<Half>()[i],
        ElementType.BFloat16 => (float)new BFloat16(tensor.Span<ushort>()[i]),
        ElementType.Int64 => tensor.Span<long>()[i],
        ElementType.Int32 => tensor.Span<int>()[i],
        ElementType.Int16 => tensor.Span<short>()[i],
        ElementType.Int8 or ElementType.Int4 or ElementType.Int2 => tensor.Span<sbyte>()[i],
        ElementType.UInt64 => tensor.Span<ulong>()[i],
        ElementType.UInt32 => tensor.Span<uint>()[i],
        ElementType.UInt16 => tensor.Span<ushort>()[i],
        _ => tensor.Span<byte>()[i],
    };
}
