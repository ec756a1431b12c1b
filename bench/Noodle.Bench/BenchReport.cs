using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Noodle.Bench;

/// <summary>What one benchmark says, as data.</summary>
internal sealed record BenchReport(
    string Verb, string Machine, IReadOnlyList<Series> Series, IReadOnlyList<Verdict> Verdicts)
{
    /// <summary>One JSON document and a line break.</summary>
    public void WriteJson(TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(this, BenchJson.Default.BenchReport));

    /// <summary>
    /// A line for the machine, then one for each series (the first is what others are compared with) and each verdict.
    /// </summary>
    public void WriteText(TextWriter output)
    {
        output.WriteLine($"{Verb}: {Machine}");
        int width = Math.Max("series".Length, Series.Max(series => series.Name.Length));
        output.WriteLine($"{"series".PadRight(width)}  {"min us",12}  {"p50 us",12}  {"p99 us",12}  {"bytes",12}  " +
            $"{"p50 ratio",9}  {"samples",8}");
        foreach (Series series in Series)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{series.Name.PadRight(width)}  {series.MinUs,12:0.0}  {series.P50Us,12:0.0}  " +
                $"{series.P99Us,12:0.0}  {series.AllocatedBytes,12}  " +
                $"{series.P50Us / Series[0].P50Us,9:0.00}  {series.Samples,8}"));
        }

        foreach (Verdict verdict in Verdicts)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"'{verdict.Of}' adds {verdict.AddedP50Us:0.0} us p50 to '{verdict.Over}': " +
                $"{(verdict.IsUnder ? "under" : "NOT under")} {verdict.LimitUs:0} us"));
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class BenchJson : JsonSerializerContext;
