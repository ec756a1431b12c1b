using System.Runtime.InteropServices;
using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Movement;

/// <summary>Short forms for operands and for what is expected of results.</summary>
internal static class Give
{
    public static TensorValue Tensor<T>(long[] shape, params T[] values)
        where T : unmanaged => TensorValue.From<T>(TypeOf<T>(), values, shape);

    public static TensorValue Row<T>(params T[] values)
        where T : unmanaged => Tensor([values.Length], values);

    public static TensorValue Longs(params long[] values) => Row(values);

    public static TensorValue One<T>(T value)
        where T : unmanaged => Tensor([], value);

    public static TensorValue Texts(long[] shape, params string[] values) =>
        TensorValue.FromStrings([.. values.Select(Encoding.UTF8.GetBytes)], shape);

    public static TensorValue Complex64(params float[] parts)
    {
        TensorValue tensor = TensorValue.Allocate(ElementType.Complex64, parts.Length / 2);
        MemoryMarshal.AsBytes<float>(parts).CopyTo(tensor.Bytes());
        return tensor;
    }

    public static TensorValue Complex128(params double[] parts)
    {
        TensorValue tensor = TensorValue.Allocate(ElementType.Complex128, parts.Length / 2);
        MemoryMarshal.AsBytes<double>(parts).CopyTo(tensor.Bytes());
        return tensor;
    }

    /// <summary>0, 1, 2 and so on as float32.</summary>
    public static TensorValue Counting(params long[] shape)
    {
        TensorValue tensor = TensorValue.Allocate(ElementType.Float32, shape);
        for (int i = 0; i < tensor.Count; i++)
        {
            tensor.Span<float>()[i] = i;
        }

        return tensor;
    }

    public static KernelAttributes Attributes(params ReadOnlySpan<(string Name, AttributeValue Value)> values) =>
        KernelAttributes.Of(values);

    public static TensorValue Run(string name, KernelAttributes attributes, params NbcValue?[] inputs) =>
        KernelEvaluator.EvaluateOne(name, attributes, inputs);

    public static TensorValue Run(string name, params NbcValue?[] inputs) =>
        KernelEvaluator.EvaluateOne(name, KernelAttributes.None, inputs);

    /// <summary>The elements. A span alone does not keep a tensor's memory, a tensor that is in use does.</summary>
    public static T[] Values<T>(TensorValue tensor)
        where T : unmanaged
    {
        T[] values = tensor.Span<T>().ToArray();
        GC.KeepAlive(tensor);
        return values;
    }

    public static void Is<T>(TensorValue actual, long[] shape, params T[] values)
        where T : unmanaged
    {
        Assert.Equal(TypeOf<T>(), actual.Type);
        Assert.Equal(shape, actual.Shape.ToArray());
        Assert.Equal(values, Values<T>(actual));
    }

    public static void IsNear(TensorValue actual, long[] shape, double within, params double[] values)
    {
        Assert.Equal(shape, actual.Shape.ToArray());
        for (int i = 0; i < values.Length; i++)
        {
            double value = actual.Type == ElementType.Float64 ? actual.Span<double>()[i] : actual.Span<float>()[i];
            Assert.True(
                Math.Abs(values[i] - value) <= within, $"element {i} is {value}, {values[i]} is expected");
        }

        GC.KeepAlive(actual);
    }

    public static void AreTexts(TensorValue actual, long[] shape, params string[] values)
    {
        Assert.Equal(shape, actual.Shape.ToArray());
        Assert.Equal(values, actual.Strings.Select(Encoding.UTF8.GetString));
    }

    public static void Refuses(
        KernelFault fault, string name, KernelAttributes attributes, params NbcValue?[] inputs)
    {
        KernelException refusal = Assert.Throws<KernelException>(() =>
            KernelEvaluator.Evaluate(name, attributes, inputs));
        Assert.Equal(fault, refusal.Fault);
        Assert.NotEmpty(refusal.Message);
    }

    private static ElementType TypeOf<T>() => default(T) switch
    {
        _ when typeof(T) == typeof(float) => ElementType.Float32,
        _ when typeof(T) == typeof(double) => ElementType.Float64,
        _ when typeof(T) == typeof(Half) => ElementType.Float16,
        _ when typeof(T) == typeof(BFloat16) => ElementType.BFloat16,
        _ when typeof(T) == typeof(long) => ElementType.Int64,
        _ when typeof(T) == typeof(int) => ElementType.Int32,
        _ when typeof(T) == typeof(short) => ElementType.Int16,
        _ when typeof(T) == typeof(sbyte) => ElementType.Int8,
        _ when typeof(T) == typeof(ulong) => ElementType.UInt64,
        _ when typeof(T) == typeof(uint) => ElementType.UInt32,
        _ when typeof(T) == typeof(ushort) => ElementType.UInt16,
        _ when typeof(T) == typeof(byte) => ElementType.UInt8,
        _ => ElementType.Bool,
    };
}
