namespace Ahr.Importers.Onnx;

/// <summary>Text from a model file that goes into messages, and so to terminals and logs.</summary>
internal static class SafeText
{
    private const int Longest = 120;

    public static string Of(string text) => string.Concat(
        text.Take(Longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
}
