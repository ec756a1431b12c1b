namespace Noodle.Node.Tests.Nodes;

/// <summary>Model files, good and bad.</summary>
internal static class ModelFiles
{
    /// <summary>The same model with a documentation string behind it: field 6 of an ONNX ModelProto.</summary>
    public static byte[] WithAnotherDigest() => [.. File.ReadAllBytes(Digits.ModelPath), (6 << 3) | 2, 1, (byte)'x'];

    public static byte[] Truncated() => File.ReadAllBytes(Digits.ModelPath)[..4_000];

    public static byte[] Text() => "This is no model at all.\n"u8.ToArray();
}
