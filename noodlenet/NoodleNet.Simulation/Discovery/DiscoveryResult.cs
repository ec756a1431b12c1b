namespace NoodleNet.Simulation.Discovery;

/// <summary>What a mesh of one size and loss needs to hear of a newcomer and of a death.</summary>
/// <param name="ConvergedMs">From the newcomer's first word until 99.99 % of the views hold it.</param>
/// <param name="DetectP50Ms">Over the views: from the death to the first "failed".</param>
/// <param name="FalsePositives">How often a view declared a living node dead.</param>
/// <param name="BytesPerNodeSecond">Datagrams and streams that a node sends, from the settled mesh to the end.</param>
public sealed record DiscoveryResult(
    int Nodes, ulong Seed, double Loss, double ConvergedMs, double DetectP50Ms, double DetectP99Ms,
    long FalsePositives, double BytesPerNodeSecond, string TraceHash);
