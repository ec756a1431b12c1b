using System.Globalization;
using System.Text;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Reads operands that are maps.</summary>
internal static class Maps
{
    public static MapValue Input(KernelContext context) => context.Value(0) as MapValue
        ?? throw new KernelException(KernelFault.WrongType, "X is not a map");
}

/// <summary>The values of a map in a row, by key or in order of the keys.</summary>
/// <remarks>
/// Shape: [1, values]; sparse, [1, max_map] with zeros where no key stands.
/// Source: ai.onnx.ml operator CastMap, version 1.
/// </remarks>
internal sealed class CastMapKernel : Kernel
{
    private readonly string _target;
    private readonly bool _isSparse;
    private readonly long _width;

    public CastMapKernel(KernelAttributes attributes)
    {
        _target = attributes.Text("cast_to", "TO_FLOAT");
        string form = attributes.Text("map_form", "DENSE");
        _isSparse = form == "SPARSE";
        _width = attributes.Int("max_map", 1);
        if (_target is not ("TO_FLOAT" or "TO_INT64" or "TO_STRING"))
        {
            throw Operand.Attribute("cast_to", _target, "TO_FLOAT, TO_INT64 or TO_STRING");
        }

        if (form is not ("DENSE" or "SPARSE") || _width is < 1 or > int.MaxValue)
        {
            throw Operand.Attribute("map_form", form, "DENSE, or SPARSE with max_map above 0");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        MapValue map = Maps.Input(context);
        Operand.ExpectType(map.Keys, ElementType.Int64, "a key");
        long[] keys = map.Keys.Span<long>().ToArray();
        int[] order = [.. Enumerable.Range(0, keys.Length).OrderBy(i => keys[i])];
        ElementType type = _target switch
        {
            "TO_FLOAT" => ElementType.Float32,
            "TO_INT64" => ElementType.Int64,
            _ => ElementType.String,
        };
        TensorValue result = context.Output(0, type, 1, _isSparse ? _width : keys.Length);
        Clear(result);
        for (int i = 0; i < order.Length; i++)
        {
            long place = _isSparse ? keys[order[i]] : i;
            if (place < 0 || place >= result.Count)
            {
                throw new KernelException(KernelFault.OutOfRange, $"key {place} is outside of 0 to {_width - 1}");
            }

            Put(map.Values, order[i], result, (int)place);
        }
    }

    private static void Clear(TensorValue result)
    {
        if (result.Type == ElementType.String)
        {
            result.Strings.AsSpan().Fill([]);
        }
        else
        {
            result.Bytes().Clear();
        }
    }

    private static void Put(TensorValue values, int from, TensorValue result, int to)
    {
        string text = values.Type == ElementType.String
            ? Encoding.UTF8.GetString(values.Strings[from])
            : ((float)Numbers.At(values, from)).ToString(CultureInfo.InvariantCulture);
        switch (result.Type)
        {
            case ElementType.String:
                result.Strings[to] = Encoding.UTF8.GetBytes(text);
                break;
            case ElementType.Float32 when float.TryParse(text, CultureInfo.InvariantCulture, out float real):
                result.Span<float>()[to] = real;
                break;
            case ElementType.Int64 when double.TryParse(text, CultureInfo.InvariantCulture, out double number):
                result.Span<long>()[to] = (long)number;
                break;
            default:
                throw new KernelException(KernelFault.OutOfRange, $"'{text}' is not a number");
        }
    }
}

/// <summary>The values of a map at the places of a vocabulary, zero where a word is missing.</summary>
/// <remarks>Source: ai.onnx.ml operator DictVectorizer, version 1.</remarks>
internal sealed class DictVectorizerKernel : Kernel
{
    private readonly Dictionary<byte[], int>? _texts;
    private readonly Dictionary<long, int> _numbers = [];
    private readonly int _count;

    public DictVectorizerKernel(KernelAttributes attributes)
    {
        byte[][]? texts = attributes.Find("string_vocabulary")?.Texts;
        long[] numbers = attributes.Ints("int64_vocabulary") ?? [];
        _texts = texts is { Length: > 0 } ? ByteStrings.Places(texts) : null;
        _count = texts is { Length: > 0 } ? texts.Length : numbers.Length;
        for (int i = 0; i < numbers.Length; i++)
        {
            _numbers.TryAdd(numbers[i], i);
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        MapValue map = Maps.Input(context);
        TensorValue values = map.Values, result = context.Output(0, values.Type, 1, _count);
        bool texts = values.Type == ElementType.String;
        int size = ElementTypes.SizeOf(values.Type);
        if (texts)
        {
            result.Strings.AsSpan().Fill([]);
        }
        else
        {
            result.Bytes().Clear();
        }

        for (int i = 0; i < map.Keys.Count; i++)
        {
            int place = Find(map.Keys, i);
            if (place >= 0 && texts)
            {
                result.Strings[place] = values.Strings[i];
            }
            else if (place >= 0)
            {
                values.Bytes().Slice(i * size, size).CopyTo(result.Bytes()[(place * size)..]);
            }
        }
    }

    private int Find(TensorValue keys, int i)
    {
        int place;
        if (_texts is not null)
        {
            Operand.ExpectType(keys, ElementType.String, "a key");
            return _texts.TryGetValue(keys.Strings[i], out place) ? place : -1;
        }

        Operand.ExpectType(keys, ElementType.Int64, "a key");
        return _numbers.TryGetValue(keys.Span<long>()[i], out place) ? place : -1;
    }
}

/// <summary>Each row of scores as a map from labels.</summary>
/// <remarks>Source: ai.onnx.ml operator ZipMap, version 1.</remarks>
internal sealed class ZipMapKernel : Kernel
{
    private readonly ClassLabels _labels;

    public ZipMapKernel(KernelAttributes attributes)
    {
        _labels = new ClassLabels(attributes, "classlabels_int64s");
        _labels.ExpectAny();
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Operand.ExpectType(x, ElementType.Float32, "X");
        (int rows, int columns) = Numbers.Table(x);
        Operand.Expect(columns == _labels.Count, x, "X", $"{_labels.Count} columns");
        List<NbcValue> maps = [];
        for (int row = 0; row < rows; row++)
        {
            maps.Add(new MapValue(
                _labels.Keys(),
                TensorValue.From<float>(ElementType.Float32, x.Span<float>().Slice(row * columns, columns), columns)));
        }

        context.Give(0, new SequenceValue(ElementType.Float32, maps));
    }
}
