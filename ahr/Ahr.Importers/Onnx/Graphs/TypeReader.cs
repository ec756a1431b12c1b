using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Types;
using Nbc.Tensors;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>Types of ONNX values as types of NTIR.</summary>
internal static class TypeReader
{
    public static NtirType Read(TypeProto? proto) => proto?.ValueCase switch
    {
        null or TypeProto.ValueOneofCase.None => NtirType.Unknown,
        TypeProto.ValueOneofCase.TensorType => ReadTensor(proto.TensorType),
        TypeProto.ValueOneofCase.SequenceType => new SequenceType(Read(proto.SequenceType.ElemType)),
        TypeProto.ValueOneofCase.OptionalType => new OptionalType(Read(proto.OptionalType.ElemType)),
        TypeProto.ValueOneofCase.MapType => new MapType(
            TensorReader.TypeOf(proto.MapType.KeyType), Read(proto.MapType.ValueType)),
        TypeProto.ValueOneofCase.SparseTensorType => throw Refuse("a sparse tensor"),
        _ => throw Refuse("an opaque value"),
    };

    /// <summary>What may be believed of a type that a file states of a computed value: elements, never sizes. Models
    /// are edited, and then their inner shapes are those of before.</summary>
    public static NtirType ReadElements(TypeProto? proto) => WithoutShape(Read(proto));

    private static NtirType WithoutShape(NtirType type) => type switch
    {
        TensorType tensor => new TensorType(tensor.Element, null),
        SequenceType sequence => new SequenceType(WithoutShape(sequence.Element)),
        OptionalType optional => new OptionalType(WithoutShape(optional.Element)),
        _ => type,
    };

    private static NtirType ReadTensor(TensorTypeProto proto)
    {
        if (proto.ElemType == 0)
        {
            return NtirType.Unknown;
        }

        ElementType element = TensorReader.TypeOf(proto.ElemType);
        return new TensorType(element, proto.Shape is { } shape ? new SymbolicShape(shape.Dim.Select(ReadDim)) : null);
    }

    // Exporters write -1, or an empty name, where they mean any size.
    private static Dim ReadDim(DimensionProto dim) => dim.ValueCase switch
    {
        DimensionProto.ValueOneofCase.DimValue when dim.DimValue >= 0 => dim.DimValue,
        DimensionProto.ValueOneofCase.DimParam when dim.DimParam.Length > 0 => Dim.Symbol(dim.DimParam),
        _ => Dim.Unknown,
    };

    private static ImportException Refuse(string what) =>
        new(NtirFault.TypeMismatch, $"{what} is an input or output, which this program does not take");
}
