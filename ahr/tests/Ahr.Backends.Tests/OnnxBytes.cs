using System.Text;
using Nbc.Tensors;

namespace Ahr.Backends.Tests;

/// <summary>Writes ONNX models by hand: protobuf is a field's number and kind, then its bytes.</summary>
internal static class OnnxBytes
{
    public static byte[] Model(byte[] graph, int opset = 17, params byte[][] more) => Join(
        [Int(1, 8), Bytes(8, Join(Text(1, ""), Int(2, opset))), Bytes(8, Join(Text(1, "test.custom"), Int(2, 1))),
            Bytes(7, graph), .. more]);

    public static byte[] Graph(params byte[][] parts) => Join([Text(2, "g"), .. parts]);

    public static byte[] Node(string op, string[] inputs, string[] outputs, string domain = "", params byte[][] more) =>
        Bytes(1, NodeBody(op, inputs, outputs, domain, more));

    public static byte[] NodeBody(string op, string[] inputs, string[] outputs, string domain, params byte[][] more) =>
        Join([.. inputs.Select(name => Text(1, name)), .. outputs.Select(name => Text(2, name)),
            Text(4, op), Text(7, domain), .. more]);

    public static byte[] Input(string name, ElementType type, params object[] dims) =>
        Value(11, name, (int)type, dims);

    public static byte[] Output(string name, ElementType type, params object[] dims) =>
        Value(12, name, (int)type, dims);

    /// <param name="dims">A long is a size, a string a name for any size; null for no shape at all.</param>
    public static byte[] Value(int field, string name, int type, object[]? dims)
    {
        byte[] shape = dims is null ? [] : Bytes(2, Join([.. dims.Select(Dim)]));
        return Bytes(field, Join(Text(1, name), Bytes(2, Bytes(1, Join(Int(1, type), shape)))));
    }

    /// <summary>A FP32 weight kept in another file.</summary>
    public static byte[] External(string name, long size, string location, string offset = "0", string length = "") =>
        Bytes(5, ExternalTensor(name, size, location, offset, length));

    public static byte[] ExternalTensor(string name, long size, string location, string offset, string length) => Join(
        Int(1, size), Int(2, 1), Text(8, name), Entry("location", location), Entry("offset", offset),
        length.Length > 0 ? Entry("length", length) : [], Int(14, 1));

    public static byte[] Identity(ElementType type, params object[] dims) => Model(Graph(
        Node("Identity", ["x"], ["y"]), Input("x", type, dims), Output("y", type, dims)));

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(int field, byte[] value) =>
        [.. Varint((field << 3) | 2), .. Varint(value.Length), .. value];

    public static byte[] Int(int field, long value) => [.. Varint(field << 3), .. Varint(value)];

    private static byte[] Dim(object dim) =>
        Bytes(1, dim is string any ? Text(2, any) : Int(1, Convert.ToInt64(dim)));

    private static byte[] Entry(string key, string value) => Bytes(13, Join(Text(1, key), Text(2, value)));

    private static List<byte> Varint(long value)
    {
        List<byte> bytes = [];
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes.Add((byte)(rest | 0x80));
        }

        bytes.Add((byte)rest);
        return bytes;
    }
}
