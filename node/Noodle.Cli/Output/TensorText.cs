using System.Text.Json;
using Nbc.Tensors;

namespace Noodle.Cli.Output;

/// <summary>A tensor's elements on one line for people.</summary>
internal static class TensorText
{
    private const int MaxLength = 400;
    private const long MaxElements = 1_000;

    /// <summary>The elements as nested lists, cut where the line gets too long.</summary>
    public static string Shorten(Tensor tensor)
    {
        if (tensor.Count > MaxElements)
        {
            return $"{tensor.Count} elements; use -o json to see them";
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            TensorWriter.Write(json, tensor);
        }

        using JsonDocument document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        string text = document.RootElement.GetProperty("data").GetRawText();
        return text.Length <= MaxLength ? text : text[..MaxLength] + " …";
    }
}
