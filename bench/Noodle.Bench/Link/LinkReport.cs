using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Noodle.Bench.Link;

/// <summary>Round trips of one subject.</summary>
/// <param name="BytesAllocated">For each round trip, both ends together.</param>
internal sealed record RoundTripFigures(double P50Us, double P99Us, long BytesAllocated);

/// <summary>Tensors of one subject.</summary>
/// <param name="MbPerS">Millions of bytes a second, by the median of the times.</param>
internal sealed record TensorFigures(double MbPerS, long BytesAllocated);

/// <summary>Requests made all at once.</summary>
internal sealed record BurstFigures(double P50Ms, double P99Ms);

/// <summary>What the benchmark says; null stands for a transport that this machine does not have.</summary>
internal sealed record LinkReport
{
    public static readonly string[] Subjects = ["noodle", "tls", "grpc", "tcp", "quic"];

    public required IReadOnlyDictionary<string, RoundTripFigures?> RoundTrip128 { get; init; }

    [JsonPropertyName("tensor64MiB")]
    public required IReadOnlyDictionary<string, TensorFigures?> Tensor64MiB { get; init; }

    public required IReadOnlyDictionary<string, BurstFigures?> Concurrent10000 { get; init; }

    /// <summary>How gRPC sent the tensor: the faster one of one message and chunks.</summary>
    public required string GrpcTensor { get; init; }

    public string Processes { get; } = "one: client and server of every subject share it";

    public string Machine { get; } = Bench.Machine.Describe();

    /// <summary>One JSON document on one line.</summary>
    public void WriteJson(TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(this, LinkJson.Default.LinkReport));

    /// <summary>A line for the machine and one for each subject; ratios are to bare TLS.</summary>
    public void WriteText(TextWriter output)
    {
        output.WriteLine($"link: {Machine}");
        output.WriteLine($"processes: {Processes}");
        output.WriteLine($"{"",-8}{"p50 us",9}{"p99 us",9}{"x tls",7}{"bytes",8}{"MB/s",9}{"x tls",7}{"bytes",10}" +
            $"{"burst p50 ms",14}{"p99 ms",9}");
        foreach (string subject in Subjects)
        {
            if (RoundTrip128[subject] is not { } trip || Tensor64MiB[subject] is not { } tensor)
            {
                output.WriteLine($"{subject,-8}not on this machine");
                continue;
            }

            double tripRatio = trip.P50Us / RoundTrip128["tls"]!.P50Us;
            double tensorRatio = tensor.MbPerS / Tensor64MiB["tls"]!.MbPerS;
            output.Write(string.Create(
                CultureInfo.InvariantCulture,
                $"{subject,-8}{trip.P50Us,9:0.0}{trip.P99Us,9:0.0}{tripRatio,7:0.00}{trip.BytesAllocated,8}" +
                $"{tensor.MbPerS,9:0}{tensorRatio,7:0.00}{tensor.BytesAllocated,10}"));
            output.WriteLine(Concurrent10000.GetValueOrDefault(subject) is not { } burst ? "" : string.Create(
                CultureInfo.InvariantCulture, $"{burst.P50Ms,14:0.0}{burst.P99Ms,9:0.0}"));
        }

        output.WriteLine($"gRPC sends the tensor as {GrpcTensor}");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LinkReport))]
internal sealed partial class LinkJson : JsonSerializerContext;
