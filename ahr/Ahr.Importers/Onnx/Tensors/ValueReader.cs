using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>What SequenceProto and OptionalProto call their items.</summary>
internal enum ItemKind
{
    Undefined = 0,
    Tensor = 1,
    SparseTensor = 2,
    Sequence = 3,
    Map = 4,
    Optional = 5,
}

/// <summary>Sequences, maps and optionals of ONNX as values.</summary>
internal static class ValueReader
{
    public static SequenceValue Read(SequenceProto proto)
    {
        List<NbcValue> items = (ItemKind)proto.ElemType switch
        {
            ItemKind.Tensor => [.. proto.TensorValues.Select(item => TensorReader.Read(item))],
            ItemKind.Sequence => [.. proto.SequenceValues.Select(Read)],
            ItemKind.Map => [.. proto.MapValues.Select(Read)],
            ItemKind.Optional => [.. proto.OptionalValues.Select(Read)],
            ItemKind.Undefined => [],
            _ => throw new ImportException(NtirFault.Malformed, $"a sequence of kind {proto.ElemType} is not known"),
        };
        return new SequenceValue(items.Count > 0 ? ElementOf(items[0]) : ElementType.Undefined, items);
    }

    public static OptionalValue Read(OptionalProto proto)
    {
        NbcValue? content = (ItemKind)proto.ElemType switch
        {
            ItemKind.Tensor => proto.TensorValue is { } tensor ? TensorReader.Read(tensor) : null,
            ItemKind.Sequence => proto.SequenceValue is { } sequence ? Read(sequence) : null,
            ItemKind.Map => proto.MapValue is { } map ? Read(map) : null,
            ItemKind.Optional => proto.OptionalValue is { } optional ? Read(optional) : null,
            ItemKind.Undefined => null,
            _ => throw new ImportException(NtirFault.Malformed, $"an optional of kind {proto.ElemType} is not known"),
        };
        return new OptionalValue(content);
    }

    public static MapValue Read(MapProto proto)
    {
        ElementType keyType = TensorReader.TypeOf(proto.KeyType);
        TensorValue keys = keyType == ElementType.String
            ? TensorValue.FromStrings([.. proto.StringKeys.Select(key => key.ToByteArray())], proto.StringKeys.Count)
            : TensorValue.From<long>(ElementType.Int64, [.. proto.Keys], proto.Keys.Count);
        SequenceValue items = Read(proto.Values ?? new SequenceProto());
        if (items.Items.Count != keys.Count || items.Items.Any(item => item is not TensorValue { Count: 1 }))
        {
            throw new ImportException(NtirFault.Malformed,
                $"a map of {keys.Count} keys has {items.Items.Count} values, or one that is no scalar");
        }

        return new MapValue(keys, Join([.. items.Items.Cast<TensorValue>()]));
    }

    private static TensorValue Join(TensorValue[] scalars)
    {
        ElementType type = scalars.Length > 0 ? scalars[0].Type : ElementType.Float32;
        if (Array.Exists(scalars, scalar => scalar.Type != type))
        {
            throw new ImportException(NtirFault.Malformed, "the values of a map are of several types");
        }

        if (type == ElementType.String)
        {
            return TensorValue.FromStrings([.. scalars.Select(scalar => scalar.Strings[0])], scalars.Length);
        }

        TensorValue joined = TensorValue.Allocate(type, scalars.Length);
        int size = ElementTypes.SizeOf(type);
        for (int i = 0; i < scalars.Length; i++)
        {
            scalars[i].Bytes().CopyTo(joined.Bytes()[(i * size)..]);
        }

        return joined;
    }

    private static ElementType ElementOf(NbcValue value) => value switch
    {
        TensorValue tensor => tensor.Type,
        SequenceValue sequence => sequence.ElementType,
        OptionalValue { Content: { } content } => ElementOf(content),
        MapValue map => map.Values.Type,
        _ => ElementType.Undefined,
    };
}
