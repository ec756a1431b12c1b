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

    public static byte[] Truncated() => File.ReadAllBytes(Digits.ModelPath)[..4_000];

    public static byte[] Text() => "This is no model at all.\n"u8.ToArray();
}
