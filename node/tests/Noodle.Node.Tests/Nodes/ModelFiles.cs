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
        return [.. File.ReadAllBytes(Digits.ModelPath), .. Field(6, text)];
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

    /// <summary>A loop of as many trips as input <c>trips</c> says, each of which doubles <c>x</c>.</summary>
    public static byte[] Loop()
    {
        byte[] body =
        [
            .. Node("Identity", ["go"], ["go2"]), .. Node("Add", ["v", "v"], ["v2"]), .. Text(2, "body"),
            .. Scalar(11, "i", 7), .. Scalar(11, "go", 9), .. Scalar(11, "v", 1),
            .. Scalar(12, "go2", 9), .. Scalar(12, "v2", 1),
        ];
        byte[] attribute = Field(5, [.. Text(1, "body"), .. Field(6, body), 160, 1, 5]);
        byte[] graph =
        [
            .. Node("Loop", ["trips", "on", "x"], ["y"], attribute), .. Text(2, "g"), .. Scalar(11, "trips", 7),
            .. Scalar(11, "on", 9), .. Scalar(11, "x", 1), .. Scalar(12, "y", 1),
        ];
        return [8, 8, .. Field(7, graph), .. Field(8, [.. Text(1, ""), 16, 17])];
    }

    public static byte[] Truncated() => File.ReadAllBytes(Digits.ModelPath)[..4_000];

    public static byte[] Text() => "This is no model at all.\n"u8.ToArray();

    // Protobuf: a field's number and kind, its length by seven bits, then its bytes.
    private static byte[] Field(int number, byte[] value)
    {
        List<byte> length = [(byte)(value.Length & 0x7F)];
        for (int left = value.Length >> 7; left > 0; left >>= 7)
        {
            length[^1] |= 0x80;
            length.Add((byte)(left & 0x7F));
        }

        return [(byte)((number << 3) | 2), .. length, .. value];
    }

    private static byte[] Text(int number, string text) => Field(number, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Node(string op, string[] inputs, string[] outputs, params byte[] attribute) => Field(1,
    [
        .. inputs.SelectMany(name => Text(1, name)), .. outputs.SelectMany(name => Text(2, name)), .. Text(4, op),
        .. attribute,
    ]);

    // A tensor without dimensions.
    private static byte[] Scalar(int number, string name, byte type) => Field(
        number, [.. Text(1, name), .. Field(2, Field(1, [8, type, .. Field(2, [])]))]);

    // A FP32 tensor of one element.
    private static byte[] Port(int number, string name) => Field(
        number, [.. Text(1, name), .. Field(2, Field(1, [8, 1, .. Field(2, Field(1, [8, 1]))]))]);
}
