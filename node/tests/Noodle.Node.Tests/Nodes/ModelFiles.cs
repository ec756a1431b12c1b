namespace Noodle.Node.Tests.Nodes;

/// <summary>Model files, good and bad.</summary>
internal static class ModelFiles
{
    /// <summary>The same model with a documentation string behind it: field 6 of an ONNX ModelProto.</summary>
    public static byte[] WithAnotherDigest() => [.. File.ReadAllBytes(Digits.ModelPath), (6 << 3) | 2, 1, (byte)'x'];

    /// <summary>The same model behind a documentation string that makes it about so long.</summary>
    public static byte[] OfSize(int bytes)
    {
        byte[] text = [.. Enumerable.Range(0, bytes).Select(i => (byte)('a' + (i * 31 % 23)))];
        List<byte> length = [];
        for (int left = bytes; left > 0; left >>= 7)
        {
            length.Add((byte)((left & 0x7F) | (left > 0x7F ? 0x80 : 0)));
        }

        return [.. File.ReadAllBytes(Digits.ModelPath), (6 << 3) | 2, .. length, .. text];
    }

    /// <summary>A whole model with an operator that nobody has.</summary>
    public static byte[] WithUnknownOperator()
    {
        byte[] graph =
        [
            .. Field(1, [.. Text(1, "x"), .. Text(2, "y"), .. Text(4, "Nonsense"), .. Text(7, "test.custom")]),
            .. Text(2, "g"), .. Port(11, "x"), .. Port(12, "y"),
        ];
        return
        [
            8, 8, .. Field(8, [.. Text(1, ""), 16, 17]), .. Field(8, [.. Text(1, "test.custom"), 16, 1]),
            .. Field(7, graph),
        ];
    }

    public static byte[] Truncated() => File.ReadAllBytes(Digits.ModelPath)[..4_000];

    public static byte[] Text() => "This is no model at all.\n"u8.ToArray();

    // Protobuf: a field's number and kind, then its bytes; all of them are short here.
    private static byte[] Field(int number, byte[] value) => [(byte)((number << 3) | 2), (byte)value.Length, .. value];

    private static byte[] Text(int number, string text) => Field(number, System.Text.Encoding.UTF8.GetBytes(text));

    // A FP32 tensor of one element.
    private static byte[] Port(int number, string name) => Field(
        number, [.. Text(1, name), .. Field(2, Field(1, [8, 1, .. Field(2, Field(1, [8, 1]))]))]);
}
