using System.Text;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>Writes the fields that only a program has.</summary>
internal sealed class ContainerWriter : SectionWriter
{
    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    public void Scalar(NbcScalar scalar)
    {
        Byte((byte)scalar.Kind);
        switch (scalar.Kind)
        {
            case ScalarKind.Int: Signed(scalar.Int); break;
            case ScalarKind.Float: Double(scalar.Float); break;
            case ScalarKind.Bool: Byte(scalar.Bool ? (byte)1 : (byte)0); break;
            case ScalarKind.Text: Text(scalar.Text); break;
        }
    }

    public void Type(NbcType type)
    {
        Byte((byte)type.Kind);
        switch (type.Kind)
        {
            case NbcValueKind.Tensor:
                Byte((byte)type.Element);
                Count(type.Dimensions is null ? 0 : type.Dimensions.Length + 1);
                foreach (long size in type.Dimensions ?? [])
                {
                    Signed(size);
                }

                break;
            case NbcValueKind.Sequence or NbcValueKind.Optional:
                Type(type.Item!);
                break;
            case NbcValueKind.Map:
                Byte((byte)type.Element);
                Type(type.Item!);
                break;
        }
    }

    public void Shape(ElementType type, ReadOnlySpan<long> shape)
    {
        Byte((byte)type);
        Count(shape.Length);
        foreach (long size in shape)
        {
            Unsigned((ulong)size);
        }
    }

    public void Attributes(KernelAttributes attributes) => Attributes(attributes, Text, Tensor);

    private void Tensor(TensorValue tensor)
    {
        Shape(tensor.Type, tensor.Shape);
        if (tensor.Type == ElementType.String)
        {
            Strings(tensor);
        }
        else
        {
            Raw(tensor.Bytes());
        }
    }
}
