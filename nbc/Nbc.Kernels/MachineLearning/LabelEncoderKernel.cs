using System.Text;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Maps keys to values, element by element.</summary>
/// <remarks>
/// Special values: a key that is not in the list gives the default; NaN is found as a key; a key that stands twice
/// counts as it stands last.
/// Source: ai.onnx.ml operator LabelEncoder, version 4; classes_strings is the form of version 1.
/// </remarks>
internal sealed class LabelEncoderKernel : Kernel
{
    private readonly Dictionary<byte[], int>? _texts;
    private readonly Dictionary<double, int>? _reals;
    private readonly Dictionary<long, int>? _wholes;
    private readonly TensorValue _values, _default;

    // Version 1 goes both ways: from a class to its number and back.
    private readonly LabelEncoderKernel? _back;

    public LabelEncoderKernel(KernelAttributes attributes)
    {
        if (attributes.Find("classes_strings")?.Texts is { } classes)
        {
            (_texts, _values) = (ByteStrings.Places(classes), Count(classes.Length));
            _default = Whole(attributes.Int("default_int64", -1));
            _back = new LabelEncoderKernel(
                TensorValue.FromStrings(classes, classes.Length), Text(attributes.Text("default_string", "_Unused")));
            return;
        }

        TensorValue keys = List(attributes, "keys");
        _values = List(attributes, "values");
        _default = attributes.Tensor("default_tensor") ?? (_values.Type switch
        {
            ElementType.String => Text(attributes.Text("default_string", "_Unused")),
            ElementType.Int64 => Whole(attributes.Int("default_int64", -1)),
            ElementType.Float32 =>
                TensorValue.From<float>(ElementType.Float32, [(float)attributes.Float("default_float", -0.0)], 1),
            ElementType.Int16 or ElementType.Int32 or ElementType.Float64 => Unused(_values.Type),
            _ => throw Operand.Attribute("default_tensor", "missing", "a default of the values' type"),
        });
        if (keys.Count != _values.Count || _default.Type != _values.Type || _default.Count < 1)
        {
            throw Operand.Attribute("values", $"{_values.Count} values", $"{keys.Count}, and a default of their type");
        }

        switch (keys.Type)
        {
            case ElementType.String:
                _texts = new Dictionary<byte[], int>(ByteStrings.Instance);
                break;
            case ElementType.Float32 or ElementType.Float64:
                _reals = [];
                break;
            default:
                _wholes = [];
                break;
        }

        Fill(keys);
    }

    private LabelEncoderKernel(TensorValue values, TensorValue otherwise)
    {
        _values = values;
        _default = otherwise;
        _wholes = [];
        for (int i = 0; i < values.Count; i++)
        {
            _wholes[i] = i;
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (_back is not null && x.Type == ElementType.Int64)
        {
            _back.Run(context);
            return;
        }

        TensorValue result = context.Output(0, _values.Type, x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            int place = Find(x, i);
            TensorValue source = place < 0 ? _default : _values;
            place = Math.Max(place, 0);
            if (result.Type == ElementType.String)
            {
                result.Strings[i] = source.Strings[place];
            }
            else
            {
                int size = ElementTypes.SizeOf(result.Type);
                source.Bytes().Slice(place * size, size).CopyTo(result.Bytes()[(i * size)..]);
            }
        }
    }

    private void Fill(TensorValue keys)
    {
        for (int i = 0; i < keys.Count; i++)
        {
            if (_texts is not null)
            {
                _texts[keys.Strings[i]] = i;
            }
            else if (_reals is not null)
            {
                _reals[Numbers.At(keys, i, "keys")] = i;
            }
            else
            {
                _wholes![Whole(keys, i)] = i;
            }
        }
    }

    private int Find(TensorValue x, int i)
    {
        int place;
        if (_texts is not null)
        {
            Operand.ExpectType(x, ElementType.String, "X");
            return _texts.TryGetValue(x.Strings[i], out place) ? place : -1;
        }

        return _reals is not null
            ? _reals.TryGetValue(Numbers.At(x, i), out place) ? place : -1
            : _wholes!.TryGetValue(Whole(x, i), out place) ? place : -1;
    }

    private static long Whole(TensorValue tensor, int i) => tensor.Type switch
    {
        ElementType.Int64 => tensor.Span<long>()[i],
        ElementType.Int32 => tensor.Span<int>()[i],
        ElementType.Int16 => tensor.Span<short>()[i],
        _ => throw Operand.Type(tensor, "X"),
    };

    private static TensorValue List(KernelAttributes attributes, string name)
    {
        if (attributes.Tensor(name + "_tensor") is { } tensor)
        {
            return tensor;
        }

        if (attributes.Find(name + "_strings")?.Texts is { } texts)
        {
            return TensorValue.FromStrings(texts, texts.Length);
        }

        if (attributes.Ints(name + "_int64s") is { } wholes)
        {
            return TensorValue.From<long>(ElementType.Int64, wholes, wholes.Length);
        }

        double[] reals = attributes.Floats(name + "_floats") ?? throw Operand.Attribute(name, "missing", "a list");
        return TensorValue.From<float>(
            ElementType.Float32, Array.ConvertAll(reals, value => (float)value), reals.Length);
    }

    private static TensorValue Count(int count)
    {
        TensorValue numbers = TensorValue.Allocate(ElementType.Int64, count);
        for (int i = 0; i < count; i++)
        {
            numbers.Span<long>()[i] = i;
        }

        return numbers;
    }

    // -1 in whole numbers, -0 in others.
    private static TensorValue Unused(ElementType type)
    {
        TensorValue value = TensorValue.Allocate(type, 1);
        value.Bytes().Fill((byte)(ElementTypes.IsFloat(type) ? 0 : 0xFF));
        if (ElementTypes.IsFloat(type))
        {
            value.Bytes()[^1] = 0x80;
        }

        return value;
    }

    private static TensorValue Whole(long value) => TensorValue.From<long>(ElementType.Int64, [value], 1);

    private static TensorValue Text(string value) => TensorValue.FromStrings([Encoding.UTF8.GetBytes(value)], 1);
}
