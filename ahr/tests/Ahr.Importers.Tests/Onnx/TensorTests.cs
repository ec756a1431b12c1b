using System.Security.Cryptography;
using Ahr.Importers.Onnx;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Ahr.Ntir.Graph;
using Ahr.Ntir.Types;
using Google.Protobuf;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Tests.Onnx;

public sealed class TensorTests
{
    [Fact]
    public void Tensors_of_every_element_type_read_back() =>
        Gen.Select(Gen.Int[0, ElementTypes.All.Count() - 1], Gen.Int[0, 9], Gen.Byte.Array[160]).Sample(
            (row, count, bytes) =>
            {
                ElementType type = ElementTypes.All.ElementAt(row);
                TensorValue value = type == ElementType.String
                    ? TensorValue.FromStrings([.. bytes[..count].Select(item => new[] { item })], count)
                    : Fill(TensorValue.Allocate(type, count), bytes);
                TensorValue read = OnnxTensors.ParseTensor(OnnxTensors.Write(value, "t"));
                Assert.Equal((value.Type, Shapes.Text(value.Shape)), (read.Type, Shapes.Text(read.Shape)));
                if (type == ElementType.String)
                {
                    Assert.Equal(value.Strings, read.Strings);
                }
                else
                {
                    Assert.Equal(value.Bytes(), read.Bytes());
                }
            });

    public static TheoryData<object, string> Lists => new()
    {
        { new TensorProto { DataType = 1, FloatData = { 1.5f, -2 } }, "0000C03F000000C0" },
        { new TensorProto { DataType = 14, FloatData = { 1.5f, -2, 0, 0 } }, "0000C03F000000C00000000000000000" },
        { new TensorProto { DataType = 11, DoubleData = { 1.5, -2 } }, "000000000000F83F00000000000000C0" },
        { new TensorProto { DataType = 15, DoubleData = { 1.5, -2, 0, 0 } },
            "000000000000F83F00000000000000C000000000000000000000000000000000" },
        { new TensorProto { DataType = 7, Int64Data = { 1, -1 } }, "0100000000000000FFFFFFFFFFFFFFFF" },
        { new TensorProto { DataType = 13, Uint64Data = { 1, ulong.MaxValue } }, "0100000000000000FFFFFFFFFFFFFFFF" },
        { new TensorProto { DataType = 12, Uint64Data = { 1, uint.MaxValue } }, "01000000FFFFFFFF" },
        { new TensorProto { DataType = 6, Int32Data = { 1, -1 } }, "01000000FFFFFFFF" },
        { new TensorProto { DataType = 5, Int32Data = { 1, -1 } }, "0100FFFF" },
        { new TensorProto { DataType = 4, Int32Data = { 1, 65535 } }, "0100FFFF" },
        { new TensorProto { DataType = 10, Int32Data = { 0x3C00, 0xC000 } }, "003C00C0" },
        { new TensorProto { DataType = 16, Int32Data = { 0x3F80, 0xC000 } }, "803F00C0" },
        { new TensorProto { DataType = 3, Int32Data = { 1, -1 } }, "01FF" },
        { new TensorProto { DataType = 2, Int32Data = { 1, 255 } }, "01FF" },
        { new TensorProto { DataType = 9, Int32Data = { 7, 0 } }, "0100" },
        { new TensorProto { DataType = 17, Int32Data = { 0x7E, 1 } }, "7E01" },
        { new TensorProto { DataType = 24, Int32Data = { 0x7E, 1 } }, "7E01" },
        { new TensorProto { DataType = 22, Int32Data = { 0x8F } }, "FFF8" },
        { new TensorProto { DataType = 21, Int32Data = { 0x8F } }, "0F08" },
        { new TensorProto { DataType = 23, Int32Data = { 0x8F } }, "0F08" },
        { new TensorProto { DataType = 26, Int32Data = { 0b1110 } }, "FEFF" },
        { new TensorProto { DataType = 25, Int32Data = { 0b1110 } }, "0203" },
        { new TensorProto { DataType = 9, RawData = ByteString.CopyFrom(5, 0) }, "0100" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void Every_form_of_content_gives_the_same_elements(object proto, string expected)
    {
        TensorProto tensor = ((TensorProto)proto).Clone();
        tensor.Dims.Add(2);
        Assert.Equal(expected, Convert.ToHexString(OnnxTensors.ParseTensor(tensor.ToByteArray()).Bytes()));
        tensor.Dims[0] = 9;
        Assert.Equal(NtirFault.Malformed,
            Assert.Throws<ImportException>(() => OnnxTensors.ParseTensor(tensor.ToByteArray())).Fault);
    }

    [Fact]
    public void What_is_no_tensor_is_refused()
    {
        Assert.Contains("99 is no element type", Refused(new() { DataType = 99 }));
        Assert.Contains("0 is no element type", Refused(new()));
        Assert.Contains("in segments", Refused(new() { DataType = 1, Segment = new() }));
        Assert.Contains("in another file", Refused(new() { DataType = 1, DataLocation = 1 }));
        Assert.Contains("no raw content", Refused(new() { DataType = 8, RawData = ByteString.Empty, Dims = { 0 } }));
        Assert.Contains("no TensorProto",
            Assert.Throws<ImportException>(() => OnnxTensors.ParseTensor(new byte[] { 255 })).Message);
    }

    [Fact]
    public void Sequences_optionals_and_maps_read_back()
    {
        TensorValue one = TensorValue.From<long>(ElementType.Int64, [1, 2], 2);
        MapValue map = new(TensorValue.FromStrings(["a"u8.ToArray(), "b"u8.ToArray()], 2), one.Share());
        NbcValue[] values =
        [
            new SequenceValue(ElementType.Int64, one.Share(), one.Share()),
            new SequenceValue(ElementType.Int64, new SequenceValue(ElementType.Int64, one.Share())),
            new SequenceValue(ElementType.Int64, map.Share()),
            new SequenceValue(ElementType.Int64, new OptionalValue(one.Share())),
            new SequenceValue(ElementType.Undefined),
            new OptionalValue(null),
            new OptionalValue(one.Share()),
            new OptionalValue(new SequenceValue(ElementType.Int64, one.Share())),
            new OptionalValue(map.Share()),
            new OptionalValue(new OptionalValue(one.Share())),
            map,
            new MapValue(one.Share(), TensorValue.FromStrings(["a"u8.ToArray(), "b"u8.ToArray()], 2)),
        ];
        Assert.All(values, value =>
            Assert.Equal(Text(value), Text(OnnxTensors.Parse(OnnxTensors.Write(value, "v"), TypeOf(value)))));
    }

    [Fact]
    public void Sequences_and_maps_that_are_none_are_refused()
    {
        Assert.Contains("kind 9", Assert.Throws<ImportException>(() =>
            OnnxTensors.ParseSequence(new SequenceProto { ElemType = 9 }.ToByteArray())).Message);
        Assert.Contains("kind 9", Assert.Throws<ImportException>(() =>
            OnnxTensors.ParseOptional(new OptionalProto { ElemType = 9 }.ToByteArray())).Message);
        MapProto map = new() { KeyType = 7, Keys = { 1 } };
        Assert.Contains("a map of 1 keys", Assert.Throws<ImportException>(() =>
            OnnxTensors.ParseMap(map.ToByteArray())).Message);
        map.Keys.Add(2);
        map.Values = new() { ElemType = 1 };
        map.Values.TensorValues.Add(Build.Tensor("", ElementType.Bool, [], 1));
        map.Values.TensorValues.Add(Build.Tensor("", ElementType.UInt8, [], 1));
        Assert.Contains("several types", Assert.Throws<ImportException>(() =>
            OnnxTensors.ParseMap(map.ToByteArray())).Message);
    }

    [Fact]
    public unsafe void External_content_lies_in_the_mapped_file_itself()
    {
        byte[] file = [.. Enumerable.Range(0, 64).Select(i => (byte)i)];
        NtirModule module = Build.Import(Model(file,
            (ElementType.Float32, 16, 2), (ElementType.Float32, 17, 2), (ElementType.Int4, 5, 3),
            (ElementType.Bool, 0, 4)),
            files: new MemoryFiles(("w.bin", file))).Module!;
        TensorValue[] values = [.. module.Main.Body.Ops.Select(op => op.Attributes.Tensor("value")!)];
        Assert.Equal(file.AsSpan(16, 8), values[0].Bytes());
        Assert.Equal(file.AsSpan(17, 8), values[1].Bytes());
        Assert.Equal(new byte[] { 5, 0, 6 }, values[2].Bytes());
        Assert.Equal(new byte[] { 0, 1, 1, 1 }, values[3].Bytes());
        Assert.Equal(64, values[0].Memory!.Length);
        Assert.Equal(8, values[1].Memory!.Length); // copied: 17 is no place for a float
    }

    [Fact]
    public void A_file_is_opened_and_hashed_once()
    {
        byte[] file = new byte[8];
        MemoryFiles files = new(("w.bin", file));
        ModelProto model = Model(file, (ElementType.UInt8, 0, 4), (ElementType.UInt8, 4, 4));
#pragma warning disable CA5350 // ONNX fixed SHA-1 for this entry
        string digest = Convert.ToHexStringLower(SHA1.HashData(file));
#pragma warning restore CA5350
        foreach (TensorProto tensor in model.Graph.Initializer)
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "checksum", Value = digest });
        }

        Assert.NotNull(Build.Import(model, files: files).Module);
        Assert.Single(files.Asked);
    }

    private static ModelProto Model(byte[] file, params (ElementType Type, int Offset, int Count)[] tensors)
    {
        GraphProto graph = Build.Graph("", "");
        foreach ((ElementType type, int offset, int count) in tensors)
        {
            graph.Initializer.Add(new TensorProto
            {
                Name = $"w{graph.Initializer.Count}",
                DataType = (int)type,
                Dims = { count },
                DataLocation = 1,
                ExternalData =
                {
                    new StringStringEntryProto { Key = "location", Value = "w.bin" },
                    new StringStringEntryProto { Key = "offset", Value = $"{offset}" },
                },
            });
        }

        return Build.Model(17, graph);
    }

    private static string Refused(TensorProto proto) =>
        Assert.Throws<ImportException>(() => OnnxTensors.ParseTensor(proto.ToByteArray())).Message;

    // Elements below eight bits keep their range, flags are 0 or 1.
    private static TensorValue Fill(TensorValue value, byte[] bytes)
    {
        int shift = 8 - ElementTypes.FileBitsOf(value.Type);
        Span<byte> elements = value.Bytes();
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = value.Type == ElementType.Bool ? (byte)(bytes[i] & 1)
                : shift <= 0 ? bytes[i]
                : ElementTypes.IsSigned(value.Type) ? (byte)((sbyte)bytes[i] >> shift)
                : (byte)(bytes[i] >> shift);
        }

        return value;
    }

    private static NtirType TypeOf(NbcValue value) => value switch
    {
        SequenceValue => new SequenceType(NtirType.Unknown),
        OptionalValue => new OptionalType(NtirType.Unknown),
        MapValue => new MapType(ElementType.Int64, NtirType.Unknown),
        _ => NtirType.Unknown,
    };

    private static string Text(NbcValue? value) => value switch
    {
        TensorValue { Type: ElementType.String } strings =>
            $"{strings} {string.Join(',', strings.Strings.Select(Convert.ToHexString))}",
        TensorValue tensor => $"{tensor} {Convert.ToHexString(tensor.Bytes())}",
        SequenceValue sequence => $"[{string.Join("; ", sequence.Items.Select(Text))}]",
        OptionalValue optional => $"<{Text(optional.Content)}>",
        MapValue map => $"{{{Text(map.Keys)} -> {Text(map.Values)}}}",
        _ => "nothing",
    };
}
