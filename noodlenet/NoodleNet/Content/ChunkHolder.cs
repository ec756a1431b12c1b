using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>What a fetch knows of one node that may have the file.</summary>
/// <param name="rank">By chance, so that not every fetch of the mesh asks the same node first.</param>
internal sealed class ChunkHolder(NodeId node, ulong rank)
{
    public NodeId Node { get; } = node;

    public ulong Rank { get; } = rank;

    public bool IsPresent { get; set; }

    public bool SaysItHas { get; set; }

    /// <summary>It lied: not asked again in this fetch.</summary>
    public bool IsBanned { get; set; }

    /// <summary>It does not fit the manifest in use.</summary>
    public bool Disagrees { get; set; }

    /// <summary>Failures, less one for each good chunk since.</summary>
    public int Strikes { get; set; }

    public Instant PausedUntil { get; set; } = Instant.Origin;

    /// <summary>Chunks and manifests asked of it now.</summary>
    public int InFlight { get; set; }

    public bool CanBeAsked(Instant now) => IsPresent && !IsBanned && !Disagrees && PausedUntil <= now;

    /// <summary>
    /// The one to ask first: who says that he has it, failed least, has least to do, and comes first by chance.
    /// </summary>
    public bool IsBefore(ChunkHolder other) =>
        SaysItHas != other.SaysItHas ? SaysItHas
        : Strikes != other.Strikes ? Strikes < other.Strikes
        : InFlight != other.InFlight ? InFlight < other.InFlight
        : Rank < other.Rank;
}
