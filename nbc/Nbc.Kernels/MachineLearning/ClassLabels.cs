using System.Text;
using Nbc.Kernels.Neural;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.MachineLearning;

/// <summary>Names of classes: whole numbers or strings.</summary>
internal sealed class ClassLabels
{
    private readonly long[] _numbers;
    private readonly byte[][]? _strings;

    public ClassLabels(KernelAttributes attributes, string numbers, string strings = "classlabels_strings")
    {
        _strings = attributes.Find(strings)?.Texts is { Length: > 0 } texts ? texts : null;
        _numbers = attributes.Ints(numbers) ?? [];
    }

    /// <summary>0 when no labels are given: classes count from 0 then.</summary>
    public int Count => _strings?.Length ?? _numbers.Length;

    public bool AreStrings => _strings is not null;

    /// <summary>A result of labels, one a row.</summary>
    public TensorValue Output(KernelContext context, int rows) =>
        context.Output(0, AreStrings ? ElementType.String : ElementType.Int64, rows);

    /// <summary>Writes a label; one that has no name is its number.</summary>
    public void Put(TensorValue result, int row, int label)
    {
        if (_strings is not null)
        {
            result.Strings[row] = label < _strings.Length
                ? _strings[label] : Encoding.UTF8.GetBytes(label.ToString(
                    System.Globalization.CultureInfo.InvariantCulture));
        }
        else
        {
            result.Span<long>()[row] = label < _numbers.Length ? _numbers[label] : label;
        }
    }

    /// <summary>Writes 1 or 0 where the labels are no pair, else one of the pair.</summary>
    public void PutBinary(TensorValue result, int row, bool positive)
    {
        if (Count == 2)
        {
            Put(result, row, positive ? 1 : 0);
        }
        else if (_strings is not null)
        {
            result.Strings[row] = positive ? "1"u8.ToArray() : "0"u8.ToArray();
        }
        else
        {
            result.Span<long>()[row] = positive ? 1 : 0;
        }
    }

    /// <summary>The labels as keys of a map.</summary>
    public TensorValue Keys() => _strings is not null
        ? TensorValue.FromStrings(_strings, _strings.Length)
        : TensorValue.From<long>(ElementType.Int64, _numbers, _numbers.Length);

    /// <exception cref="KernelException">Both kinds are given, or none.</exception>
    public void ExpectAny()
    {
        if (Count == 0)
        {
            throw Operand.Attribute("classlabels", "missing", "labels as numbers or as strings");
        }
    }
}
