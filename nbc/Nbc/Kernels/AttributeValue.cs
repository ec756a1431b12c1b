using System.Text;
using Nbc.Values;

namespace Nbc.Kernels;

/// <summary>The value of an attribute; immutable. Exactly one of its forms is set, by <see cref="Kind"/>.</summary>
public sealed class AttributeValue
{
    private readonly object _value;

    private AttributeValue(AttributeKind kind, object value)
    {
        Kind = kind;
        _value = value;
    }

    public AttributeKind Kind { get; }

    public long Int => (long)_value;

    public double Float => (double)_value;

    /// <summary>UTF-8 as a rule; ONNX allows any bytes.</summary>
    public byte[] TextBytes => (byte[])_value;

    public string Text => Encoding.UTF8.GetString(TextBytes);

    public long[] Ints => (long[])_value;

    public double[] Floats => (double[])_value;

    public byte[][] Texts => (byte[][])_value;

    public TensorValue Tensor => (TensorValue)_value;

    public TensorValue[] Tensors => (TensorValue[])_value;

    public static implicit operator AttributeValue(long value) => new(AttributeKind.Int, value);

    public static implicit operator AttributeValue(double value) => new(AttributeKind.Float, value);

    public static implicit operator AttributeValue(string value) =>
        new(AttributeKind.Text, Encoding.UTF8.GetBytes(value));

    public static implicit operator AttributeValue(long[] value) => new(AttributeKind.Ints, value);

    public static implicit operator AttributeValue(double[] value) => new(AttributeKind.Floats, value);

    public static implicit operator AttributeValue(TensorValue value) => new(AttributeKind.Tensor, value);

    public static AttributeValue FromText(byte[] utf8) => new(AttributeKind.Text, utf8);

    public static AttributeValue FromTexts(byte[][] values) => new(AttributeKind.Texts, values);

    public static AttributeValue FromTensors(TensorValue[] values) => new(AttributeKind.Tensors, values);
}
