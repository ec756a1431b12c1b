using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Ahr.Backends.Conformance;

namespace Noodle.Bench.Models;

/// <summary>A line of <c>bench/models/models.json</c>: a model, and what it is given.</summary>
/// <param name="File">Below <c>bench/models</c>.</param>
/// <param name="Sha256">Lower-case hexadecimal; null for what the export script makes.</param>
/// <param name="Sizes">By the name of a dimension.</param>
/// <param name="Inputs">Whole shapes by the name of an input, where its dimensions have no names.</param>
/// <param name="Values">Every element of an input, where chance would make no sense.</param>
/// <param name="Draws">What is drawn for an input; see <see cref="InputDraw"/>.</param>
internal sealed record ModelEntry(
    string Name,
    string File,
    string? Sha256 = null,
    IReadOnlyDictionary<string, long>? Sizes = null,
    IReadOnlyDictionary<string, long[]>? Inputs = null,
    IReadOnlyDictionary<string, double>? Values = null,
    IReadOnlyDictionary<string, string>? Draws = null,
    LooserTolerance? Tolerance = null)
{
    /// <summary>How far an output may lie from ONNX Runtime's.</summary>
    [JsonIgnore]
    public Tolerance Allowed => Tolerance is { } looser
        ? new(looser.Relative, 0, looser.OfLargest)
        : Ahr.Backends.Conformance.Tolerance.Float32;

    /// <exception cref="InvalidOperationException">The list is not there or not legal.</exception>
    public static IReadOnlyList<ModelEntry> ReadAll(string folder)
    {
        string path = Path.Combine(folder, "models.json");
        try
        {
            using FileStream stream = System.IO.File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, ModelJson.Default.ListModelEntry)!;
        }
        catch (Exception reason) when (reason is IOException or JsonException)
        {
            throw new InvalidOperationException($"the list of models cannot be read: {reason.Message}", reason);
        }
    }

    /// <summary>The folder <c>bench/models</c> of the tree that this program was built in.</summary>
    [SuppressMessage("Design", "CA1024", Justification = "It looks at the disk.")]
    public static string GetFolder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "bench", "models");
            if (System.IO.File.Exists(Path.Combine(folder, "models.json")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("bench/models was not found above this program: build it in its tree");
    }
}

/// <summary>|a - b| at most Relative |b| + OfLargest max|b|.</summary>
/// <param name="Why">A sentence for the report.</param>
internal sealed record LooserTolerance(double Relative, double OfLargest, string Why);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(List<ModelEntry>))]
internal sealed partial class ModelJson : JsonSerializerContext;
