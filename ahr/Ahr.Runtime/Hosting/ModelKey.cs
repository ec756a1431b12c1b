using Ahr.Backends.Auto;

namespace Ahr.Runtime;

/// <summary>A model file together with the engines that may run it: one file may be loaded in several ways at once.
/// </summary>
/// <param name="Digest">Of the file.</param>
/// <param name="Backend">Name of a backend, such as <c>auto</c>, <c>nbc</c> or <c>onnxruntime</c>.</param>
public readonly record struct ModelKey(string Digest, string Backend)
{
    /// <summary>The backend when nobody names one: whichever engine was measured faster.</summary>
    public const string DefaultBackend = AutoBackend.BackendName;

    private const char Separator = ':';

    public static implicit operator ModelKey(string text) => Parse(text);

    /// <summary>Reads what <see cref="ToString"/> writes; a digest alone means the default backend.</summary>
    public static ModelKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int end = text.IndexOf(Separator, StringComparison.Ordinal);
        return end < 0 ? new ModelKey(text, DefaultBackend) : new ModelKey(text[..end], text[(end + 1)..]);
    }

    /// <inheritdoc cref="Parse"/>
    public static ModelKey FromString(string text) => Parse(text);

    /// <summary>The digest, and behind it the backend where that is not the default one.</summary>
    public override string ToString() => Backend == DefaultBackend ? Digest : $"{Digest}{Separator}{Backend}";
}
