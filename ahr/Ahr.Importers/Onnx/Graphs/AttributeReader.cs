using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Nbc.Kernels;

namespace Ahr.Importers.Onnx.Graphs;

/// <summary>What ONNX calls the kinds of attributes.</summary>
internal enum OnnxAttributeKind
{
    Undefined = 0,
    Float = 1,
    Int = 2,
    String = 3,
    Tensor = 4,
    Graph = 5,
    Floats = 6,
    Ints = 7,
    Strings = 8,
    Tensors = 9,
    Graphs = 10,
    SparseTensor = 11,
    SparseTensors = 12,
    Type = 13,
    Types = 14,
}

/// <summary>Attributes of nodes as NTIR has them.</summary>
internal static class AttributeReader
{
    /// <summary>The kind; files of the first version of ONNX do not write it.</summary>
    public static OnnxAttributeKind KindOf(AttributeProto proto) => proto switch
    {
        { HasType: true, Type: not 0 } => (OnnxAttributeKind)proto.Type,
        { HasF: true } => OnnxAttributeKind.Float,
        { HasI: true } => OnnxAttributeKind.Int,
        { HasS: true } => OnnxAttributeKind.String,
        { T: not null } => OnnxAttributeKind.Tensor,
        { G: not null } => OnnxAttributeKind.Graph,
        { Tp: not null } => OnnxAttributeKind.Type,
        { SparseTensor: not null } => OnnxAttributeKind.SparseTensor,
        { Floats.Count: > 0 } => OnnxAttributeKind.Floats,
        { Ints.Count: > 0 } => OnnxAttributeKind.Ints,
        { Strings.Count: > 0 } => OnnxAttributeKind.Strings,
        { Tensors.Count: > 0 } => OnnxAttributeKind.Tensors,
        { Graphs.Count: > 0 } => OnnxAttributeKind.Graphs,
        _ => OnnxAttributeKind.Undefined,
    };

    /// <exception cref="ImportException">It is of a kind that no operation takes.</exception>
    public static AttributeValue Read(AttributeProto proto, ExternalContent external, SparseTensors sparse) =>
        KindOf(proto) switch
        {
            OnnxAttributeKind.Float => (double)proto.F,
            OnnxAttributeKind.Int => proto.I,
            OnnxAttributeKind.String => AttributeValue.FromText(proto.S.ToByteArray()),
            OnnxAttributeKind.Tensor => TensorReader.Read(proto.T ?? new TensorProto(), external),
            OnnxAttributeKind.Floats => proto.Floats.Select(item => (double)item).ToArray(),
            OnnxAttributeKind.Ints => proto.Ints.ToArray(),
            OnnxAttributeKind.Strings =>
                AttributeValue.FromTexts([.. proto.Strings.Select(item => item.ToByteArray())]),
            OnnxAttributeKind.Tensors =>
                AttributeValue.FromTensors([.. proto.Tensors.Select(item => TensorReader.Read(item, external))]),
            OnnxAttributeKind.SparseTensor =>
                sparse.Expand(proto.SparseTensor ?? new SparseTensorProto(), external),
            _ => throw new ImportException(
                NtirFault.WrongAttribute, $"attribute {SafeText.Of(proto.Name)} is of a kind that no operation takes"),
        };
}
