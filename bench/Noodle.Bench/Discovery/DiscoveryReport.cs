using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using NoodleNet.Simulation.Discovery;

namespace Noodle.Bench.Discovery;

/// <summary>The times of a percentile each, over all views.</summary>
internal sealed record DetectTimes(double P50, double P99);

/// <summary>What <c>discovery</c> prints.</summary>
internal sealed record DiscoveryReport(
    int Nodes, ulong Seed, double Loss, [property: JsonIgnore] double StreamLoss, double ConvergedMs,
    DetectTimes DetectMs, long FalsePositives, double BytesPerNodeSecond, string TraceHash, long WallMs)
{
    public static DiscoveryReport Of(DiscoveryResult result, double streamLoss, long wallMs) => new(
        result.Nodes, result.Seed, result.Loss, streamLoss, Math.Round(result.ConvergedMs, 3),
        new DetectTimes(Math.Round(result.DetectP50Ms, 3), Math.Round(result.DetectP99Ms, 3)),
        result.FalsePositives, Math.Round(result.BytesPerNodeSecond, 1), result.TraceHash, wallMs);

    public string ToJson() => JsonSerializer.Serialize(this, DiscoveryJson.Default.DiscoveryReport);

    public string ToText() => string.Create(CultureInfo.InvariantCulture,
        $"""
        discovery: {Nodes} simulated nodes, seed {Seed}, lost {Loss:0.##%} of datagrams, {StreamLoss:0.##%} of segments
          a newcomer is in 99.99 % of the views after   {ConvergedMs:0} ms
          a death is seen by half of the views after    {DetectMs.P50:0} ms, by 99 % after {DetectMs.P99:0} ms
          living nodes declared dead                    {FalsePositives}
          a node sends                                  {BytesPerNodeSecond:0} bytes a second
          trace {TraceHash}, {WallMs} ms on this machine
        """);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DiscoveryReport))]
internal sealed partial class DiscoveryJson : JsonSerializerContext;
