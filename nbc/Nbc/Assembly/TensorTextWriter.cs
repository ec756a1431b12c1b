using System.Globalization;
using System.Text;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Assembly;

/// <summary>Writes tensors, attributes and scalars.</summary>
internal sealed class TensorTextWriter(StringBuilder text)
{
    private const int HexChunk = 1 << 16;

    /// <summary>A scalar so that it reads back as the same bits.</summary>
    public static string Scalar(NbcScalar scalar) => scalar.Kind switch
    {
        ScalarKind.Text => Quoted.Text(scalar.Text),
        ScalarKind.Float => Float(scalar.Float),
        _ => scalar.ToString(),
    };

    public void Tensor(TensorValue tensor)
    {
        text.Append(CultureInfo.InvariantCulture, $"{ElementTypes.TextOf(tensor.Type)} {Shapes.Text(tensor.Shape)} ");
        if (tensor.Type == ElementType.String)
        {
            List(tensor.Strings, each => text.Append(Quoted.Bytes(each)));
        }
        else if (ElementText.IsReadable(tensor))
        {
            text.Append('[');
            for (int i = 0; i < tensor.Count; i++)
            {
                text.Append(i == 0 ? "" : ", ");
                ElementText.Append(text, tensor, i);
            }

            text.Append(']');
        }
        else
        {
            Hex(tensor);
        }
    }

    public void Attributes(KernelAttributes attributes)
    {
        text.Append('{');
        string between = "";
        foreach ((string name, AttributeValue value) in attributes.All)
        {
            text.Append(between).Append(Quoted.Name(name)).Append(" = ");
            Attribute(value);
            between = ", ";
        }

        text.Append('}');
    }

    private void Attribute(AttributeValue value)
    {
        switch (value.Kind)
        {
            case AttributeKind.Int:
                text.Append(CultureInfo.InvariantCulture, $"{value.Int}");
                break;
            case AttributeKind.Float:
                text.Append(Float(value.Float));
                break;
            case AttributeKind.Text:
                text.Append(Quoted.Bytes(value.TextBytes));
                break;
            case AttributeKind.Ints:
                text.Append(value.Ints.Length == 0 ? "ints " : "");
                List(value.Ints, each => text.Append(CultureInfo.InvariantCulture, $"{each}"));
                break;
            case AttributeKind.Floats:
                text.Append(value.Floats.Length == 0 ? "floats " : "");
                List(value.Floats, each => text.Append(Float(each)));
                break;
            case AttributeKind.Texts:
                text.Append(value.Texts.Length == 0 ? "texts " : "");
                List(value.Texts, each => text.Append(Quoted.Bytes(each)));
                break;
            case AttributeKind.Tensor:
                text.Append("tensor ");
                Tensor(value.Tensor);
                break;
            default:
                text.Append("tensors ");
                List(value.Tensors, Tensor);
                break;
        }
    }

    private void List<T>(T[] items, Action<T> write)
    {
        text.Append('[');
        for (int i = 0; i < items.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            write(items[i]);
        }

        text.Append(']');
    }

    private void Hex(TensorValue tensor)
    {
        text.Append("hex \"");
        ReadOnlySpan<byte> bytes = tensor.Bytes();
        for (int done = 0; done < bytes.Length; done += HexChunk)
        {
            text.Append(Convert.ToHexStringLower(bytes.Slice(done, Math.Min(HexChunk, bytes.Length - done))));
        }

        text.Append('"');
    }

    private static string Float(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return double.IsNaN(value) && bits != BitConverter.DoubleToInt64Bits(double.NaN)
            ? $"nan \"{bits:x16}\""
            : NbcScalar.FloatText(value);
    }
}
