using Ahr.Importers.Onnx.Proto;
using Google.Protobuf;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>The reverse of <see cref="ValueReader"/>.</summary>
internal static class ValueWriter
{
    public static SequenceProto Write(SequenceValue value, string name)
    {
        SequenceProto proto = new() { Name = name, ElemType = (int)ItemKind.Tensor };
        foreach (NbcValue item in value.Items)
        {
            switch (item)
            {
                case TensorValue tensor:
                    proto.TensorValues.Add(TensorWriter.Write(tensor, ""));
                    break;
                case SequenceValue sequence:
                    proto.ElemType = (int)ItemKind.Sequence;
                    proto.SequenceValues.Add(Write(sequence, ""));
                    break;
                case MapValue map:
                    proto.ElemType = (int)ItemKind.Map;
                    proto.MapValues.Add(Write(map, ""));
                    break;
                case OptionalValue optional:
                    proto.ElemType = (int)ItemKind.Optional;
                    proto.OptionalValues.Add(Write(optional, ""));
                    break;
                default:
                    throw new ArgumentException($"{item.GetType().Name} has no form in ONNX", nameof(value));
            }
        }

        return proto;
    }

    public static OptionalProto Write(OptionalValue value, string name)
    {
        OptionalProto proto = new() { Name = name };
        switch (value.Content)
        {
            case TensorValue tensor:
                proto.ElemType = (int)ItemKind.Tensor;
                proto.TensorValue = TensorWriter.Write(tensor, "");
                break;
            case SequenceValue sequence:
                proto.ElemType = (int)ItemKind.Sequence;
                proto.SequenceValue = Write(sequence, "");
                break;
            case MapValue map:
                proto.ElemType = (int)ItemKind.Map;
                proto.MapValue = Write(map, "");
                break;
            case OptionalValue optional:
                proto.ElemType = (int)ItemKind.Optional;
                proto.OptionalValue = Write(optional, "");
                break;
            default:
                break;
        }

        return proto;
    }

    public static MapProto Write(MapValue value, string name)
    {
        MapProto proto = new()
        {
            Name = name,
            KeyType = (int)value.Keys.Type,
            Values = new() { ElemType = (int)ItemKind.Tensor },
        };
        if (value.Keys.Type == ElementType.String)
        {
            proto.StringKeys.AddRange(value.Keys.Strings.Select(key => ByteString.CopyFrom(key)));
        }
        else
        {
            proto.Keys.AddRange(value.Keys.Span<long>().ToArray());
        }

        for (int i = 0; i < value.Values.Count; i++)
        {
            proto.Values.TensorValues.Add(TensorWriter.Write(Item(value.Values, i), ""));
        }

        return proto;
    }

    private static TensorValue Item(TensorValue values, int index)
    {
        if (values.Type == ElementType.String)
        {
            return TensorValue.FromStrings([values.Strings[index]]);
        }

        TensorValue item = new();
        item.ResetView(values, (long)index * ElementTypes.SizeOf(values.Type), values.Type, []);
        return item;
    }
}
