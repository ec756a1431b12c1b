using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir.Types;

namespace Ahr.Importers.Onnx.Fallback;

/// <summary>Types of NTIR as ONNX writes them: the reverse of <see cref="Graphs.TypeReader"/>.</summary>
internal static class TypeWriter
{
    /// <summary>Null when the type is not known.</summary>
    public static TypeProto? Write(NtirType type) => type switch
    {
        TensorType tensor => new TypeProto { TensorType = Write(tensor) },
        SequenceType { Element: var element } when Write(element) is { } item =>
            new TypeProto { SequenceType = new ItemTypeProto { ElemType = item } },
        OptionalType { Element: var element } when Write(element) is { } item =>
            new TypeProto { OptionalType = new ItemTypeProto { ElemType = item } },
        MapType map when Write(map.Value) is { } value =>
            new TypeProto { MapType = new MapTypeProto { KeyType = (int)map.Key, ValueType = value } },
        _ => null,
    };

    private static TensorTypeProto Write(TensorType type)
    {
        TensorTypeProto proto = new() { ElemType = (int)type.Element };
        if (type.Shape is { } shape)
        {
            proto.Shape = new TensorShapeProto();
            proto.Shape.Dim.AddRange(shape.Select(dim => dim.IsConstant
                ? new DimensionProto { DimValue = dim.Value }
                : new DimensionProto()));
        }

        return proto;
    }
}
