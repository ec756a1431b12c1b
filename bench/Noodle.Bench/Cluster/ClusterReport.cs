using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Noodle.Bench.Cluster;

/// <summary>Middle and worst of some times, in milliseconds.</summary>
internal sealed record Times(double P50, double Max, int Samples)
{
    public static Times? From(IReadOnlyList<double> milliseconds)
    {
        if (milliseconds.Count == 0)
        {
            return null;
        }

        double[] sorted = [.. milliseconds.Order()];
        return new Times(sorted[(sorted.Length - 1) / 2], sorted[^1], sorted.Length);
    }
}

/// <summary>What <c>cluster</c> found.</summary>
/// <param name="AllSeeAllMs">From the last node's ready line until every node lists every node as alive.</param>
/// <param name="FailedMs">From SIGKILL until a survivor says "failed", for each survivor.</param>
/// <param name="AgreedMs">The same until gossip alone says so too.</param>
/// <param name="StartCpuMs">Processor time of each node from its start to its ready line.</param>
/// <param name="Idle">What a node costs that is left alone.</param>
/// <param name="Freezes">Freezes of three seconds.</param>
/// <param name="FalsePositives">Times that a view called a living node failed.</param>
internal sealed record ClusterReport(
    int Nodes,
    int Runs,
    string Machine,
    Times? AllSeeAllMs,
    Times? FailedMs,
    Times? AgreedMs,
    Times? StartCpuMs,
    IdleCost? Idle,
    int Freezes,
    int FalsePositives)
{
    public void Write(TextWriter output, bool json)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(this, ClusterJson.Default.ClusterReport));
            return;
        }

        output.WriteLine($"cluster: {Machine}");
        output.WriteLine($"{Runs} x {Nodes} node processes on loopback");
        Line("all see all, after the last ready line", AllSeeAllMs);
        Line("SIGKILL until a survivor says failed", FailedMs);
        Line("SIGKILL until gossip says so too", AgreedMs);
        Line("processor time of a start", StartCpuMs);
        if (Idle is { } idle)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"a node at rest, in {idle.Seconds} s: p50 {idle.CpuMsPerSecond.P50:0.0} ms of processor a second, " +
                $"worst {idle.CpuMsPerSecond.Max:0.0}; {idle.WakeupsPerSecond.P50:0} wake-ups a second; " +
                $"{idle.ResidentMb.P50:0} MB"));
        }

        output.WriteLine($"{Freezes} freezes of 3 s, {FalsePositives} false positives");

        void Line(string name, Times? times) => output.WriteLine(times is null ? $"{name}: not measured"
            : string.Create(CultureInfo.InvariantCulture,
                $"{name}: p50 {times.P50:0} ms, worst {times.Max:0} ms of {times.Samples}"));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterReport))]
internal sealed partial class ClusterJson : JsonSerializerContext;
