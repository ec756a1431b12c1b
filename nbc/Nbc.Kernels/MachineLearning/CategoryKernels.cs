using System.Text;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Maps categories from strings to numbers, or back.</summary>
/// <remarks>Source: ai.onnx.ml operator CategoryMapper, version 1.</remarks>
internal sealed class CategoryMapperKernel : Kernel
{
    private readonly byte[][] _texts;
    private readonly long[] _numbers;
    private readonly Dictionary<byte[], int> _places;
    private readonly Dictionary<long, int> _back = [];
    private readonly long _defaultNumber;
    private readonly byte[] _defaultText;

    public CategoryMapperKernel(KernelAttributes attributes)
    {
        _texts = attributes.Find("cats_strings")?.Texts ?? [];
        _numbers = attributes.Ints("cats_int64s") ?? [];
        if (_texts.Length != _numbers.Length)
        {
            throw Operand.Attribute("cats_strings", $"{_texts.Length} strings", $"{_numbers.Length}");
        }

        _places = ByteStrings.Places(_texts);
        for (int i = 0; i < _numbers.Length; i++)
        {
            _back.TryAdd(_numbers[i], i);
        }

        _defaultNumber = attributes.Int("default_int64", -1);
        _defaultText = Encoding.UTF8.GetBytes(attributes.Text("default_string", "_Unused"));
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (x.Type == ElementType.String)
        {
            Span<long> numbers = context.Output(0, ElementType.Int64, x.Shape).Span<long>();
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = _places.TryGetValue(x.Strings[i], out int place) ? _numbers[place] : _defaultNumber;
            }

            return;
        }

        Operand.ExpectType(x, ElementType.Int64, "X");
        byte[][] texts = context.Output(0, ElementType.String, x.Shape).Strings;
        for (int i = 0; i < x.Count; i++)
        {
            texts[i] = _back.TryGetValue(x.Span<long>()[i], out int place) ? _texts[place] : _defaultText;
        }
    }
}

/// <summary>A one where a category stands, else zeros.</summary>
/// <remarks>
/// Shape: one more dimension, as long as the list of categories.
/// Special values: an unknown category gives zeros, or is refused where zeros is 0.
/// Source: ai.onnx.ml operator OneHotEncoder, version 1.
/// </remarks>
internal sealed class OneHotEncoderKernel : Kernel
{
    private readonly Dictionary<byte[], int>? _texts;
    private readonly Dictionary<double, int> _numbers = [];
    private readonly int _count;
    private readonly bool _allowsUnknown;

    public OneHotEncoderKernel(KernelAttributes attributes)
    {
        byte[][]? texts = attributes.Find("cats_strings")?.Texts;
        long[] numbers = attributes.Ints("cats_int64s") ?? [];
        _texts = texts is { Length: > 0 } ? ByteStrings.Places(texts) : null;
        for (int i = 0; i < numbers.Length; i++)
        {
            _numbers.TryAdd(numbers[i], i);
        }

        _count = texts is { Length: > 0 } ? texts.Length : numbers.Length;
        _allowsUnknown = attributes.Flag("zeros", true);
        if (_count == 0)
        {
            throw Operand.Attribute("cats_int64s", "missing", "categories as numbers or as strings");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        Span<long> shape = stackalloc long[x.Rank + 1];
        x.Shape.CopyTo(shape);
        shape[^1] = _count;
        Span<float> results = context.Output(0, ElementType.Float32, shape).Span<float>();
        results.Clear();
        for (int i = 0; i < x.Count; i++)
        {
            int place;
            bool known = x.Type == ElementType.String
                ? (_texts ?? throw Operand.Type(x, "X")).TryGetValue(x.Strings[i], out place)
                : _numbers.TryGetValue(Math.Truncate(Numbers.At(x, i)), out place);
            if (known)
            {
                results[(i * _count) + place] = 1;
            }
            else if (!_allowsUnknown)
            {
                throw new KernelException(KernelFault.OutOfRange, $"element {i} is none of the {_count} categories");
            }
        }
    }
}
