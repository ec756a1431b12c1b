using System.Text;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels;

/// <summary>Attributes of one operation by name, in ordinal order; immutable.</summary>
public sealed class KernelAttributes
{
    public static readonly KernelAttributes None = new([]);

    private readonly SortedDictionary<string, AttributeValue> _values;

    public KernelAttributes(IEnumerable<KeyValuePair<string, AttributeValue>> values)
    {
        _values = new SortedDictionary<string, AttributeValue>(StringComparer.Ordinal);
        foreach ((string name, AttributeValue value) in values)
        {
            _values[name] = value;
        }
    }

    public static KernelAttributes Of(params ReadOnlySpan<(string Name, AttributeValue Value)> values)
    {
        List<KeyValuePair<string, AttributeValue>> pairs = [];
        foreach ((string name, AttributeValue value) in values)
        {
            pairs.Add(new(name, value));
        }

        return new KernelAttributes(pairs);
    }

    public int Count => _values.Count;

    /// <summary>In ordinal order of the names.</summary>
    public IEnumerable<KeyValuePair<string, AttributeValue>> All => _values;

    public AttributeValue? Find(string name) => _values.GetValueOrDefault(name);

    public bool Has(string name) => _values.ContainsKey(name);

    public KernelAttributes With(string name, AttributeValue value) => new(_values.Append(new(name, value)));

    public KernelAttributes Without(string name) => new(_values.Where(pair => pair.Key != name));

    public long Int(string name, long otherwise = 0) =>
        Get(name, AttributeKind.Int) is { } value ? value.Int : otherwise;

    public bool Flag(string name, bool otherwise = false) =>
        Get(name, AttributeKind.Int) is { } value ? value.Int != 0 : otherwise;

    public double Float(string name, double otherwise = 0) =>
        Get(name, AttributeKind.Float) is { } value ? value.Float : otherwise;

    public string Text(string name, string otherwise = "") =>
        Get(name, AttributeKind.Text) is { } value ? value.Text : otherwise;

    /// <summary>An element type, given as its ONNX number.</summary>
    public ElementType Type(string name, ElementType otherwise = ElementType.Undefined) =>
        (ElementType)Int(name, (long)otherwise);

    /// <summary>Null when not given.</summary>
    public long[]? Ints(string name) => Get(name, AttributeKind.Ints)?.Ints;

    /// <summary>Null when not given.</summary>
    public double[]? Floats(string name) => Get(name, AttributeKind.Floats)?.Floats;

    /// <summary>Null when not given.</summary>
    public string[]? Texts(string name) =>
        Get(name, AttributeKind.Texts)?.Texts.Select(Encoding.UTF8.GetString).ToArray();

    /// <summary>Null when not given.</summary>
    public TensorValue? Tensor(string name) => Get(name, AttributeKind.Tensor)?.Tensor;

    private AttributeValue? Get(string name, AttributeKind kind)
    {
        AttributeValue? value = Find(name);
        return value is null || value.Kind == kind
            ? value
            : throw new KernelException(KernelFault.WrongAttribute, $"attribute {name} is {value.Kind}, not {kind}");
    }
}
