using Ahr.Importers.Onnx.Proto;
using Ahr.Importers.Onnx.Tensors;
using Ahr.Ntir;
using Ahr.Ntir.Types;
using Google.Protobuf;
using Nbc.Values;

namespace Ahr.Importers.Onnx;

/// <summary>Values in ONNX's own form, as its test cases keep their inputs and outputs.</summary>
public static class OnnxTensors
{
    /// <summary>Reads a value of the kind that the model says of it: the bytes alone do not tell.</summary>
    /// <exception cref="ImportException">The bytes are no such value.</exception>
    public static NbcValue Parse(ReadOnlyMemory<byte> bytes, NtirType type) => type switch
    {
        SequenceType => ParseSequence(bytes),
        OptionalType => ParseOptional(bytes),
        MapType => ParseMap(bytes),
        _ => ParseTensor(bytes),
    };

    /// <summary>Reads a TensorProto.</summary>
    /// <exception cref="ImportException">The bytes are no such value.</exception>
    public static TensorValue ParseTensor(ReadOnlyMemory<byte> bytes) =>
        TensorReader.Read(Parse(TensorProto.Parser, bytes));

    /// <summary>Reads a SequenceProto.</summary>
    /// <exception cref="ImportException">The bytes are no such value.</exception>
    public static SequenceValue ParseSequence(ReadOnlyMemory<byte> bytes) =>
        ValueReader.Read(Parse(SequenceProto.Parser, bytes));

    /// <summary>Reads an OptionalProto.</summary>
    /// <exception cref="ImportException">The bytes are no such value.</exception>
    public static OptionalValue ParseOptional(ReadOnlyMemory<byte> bytes) =>
        ValueReader.Read(Parse(OptionalProto.Parser, bytes));

    /// <summary>Reads a MapProto.</summary>
    /// <exception cref="ImportException">The bytes are no such value.</exception>
    public static MapValue ParseMap(ReadOnlyMemory<byte> bytes) => ValueReader.Read(Parse(MapProto.Parser, bytes));

    /// <summary>The bytes that one of the methods above reads back to an equal value.</summary>
    public static byte[] Write(NbcValue value, string name = "") => value switch
    {
        TensorValue tensor => TensorWriter.Write(tensor, name).ToByteArray(),
        SequenceValue sequence => ValueWriter.Write(sequence, name).ToByteArray(),
        OptionalValue optional => ValueWriter.Write(optional, name).ToByteArray(),
        MapValue map => ValueWriter.Write(map, name).ToByteArray(),
        _ => throw new ArgumentException("a value of this kind has no form in ONNX", nameof(value)),
    };

    private static T Parse<T>(MessageParser<T> parser, ReadOnlyMemory<byte> bytes)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new ImportException(NtirFault.Malformed, $"the bytes are no {typeof(T).Name}: {broken.Message}");
        }
    }
}
