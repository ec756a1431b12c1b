using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>What came of one thing that was asked of a holder.</summary>
public enum AskFault
{
    /// <summary>It answered.</summary>
    None,

    /// <summary>It does not have the file.</summary>
    NotThere,

    /// <summary>It has too much to do now.</summary>
    Busy,

    /// <summary>It was lost, gave no answer in time, or one that cannot be read.</summary>
    Failed,
}

/// <summary>What a <see cref="ChunkFetchMachine"/> is told.</summary>
public abstract record FetchInput
{
    private FetchInput()
    {
    }

    /// <summary>A node can be asked.</summary>
    /// <param name="SaysItHas">It said that it has the file; others are asked when nobody said so.</param>
    public sealed record HolderFound(NodeId Node, bool SaysItHas) : FetchInput;

    /// <summary>A node can be asked no more. What it was asked for is asked of others.</summary>
    public sealed record HolderLost(NodeId Node) : FetchInput;

    /// <summary>The answer to <see cref="FetchEffect.AskManifest"/>.</summary>
    public sealed record ManifestCame(NodeId Node, AskFault Fault, ChunkManifest? Manifest) : FetchInput;

    /// <summary>The answer to <see cref="FetchEffect.OpenPartial"/>: which chunks are here and right.</summary>
    public sealed record PartialOpened(IReadOnlyList<bool> Present) : FetchInput;

    /// <summary>
    /// The answer to <see cref="FetchEffect.AskChunk"/>; the content is used only until the effects are performed.
    /// </summary>
    public sealed record ChunkCame(NodeId Node, int Index, AskFault Fault, ReadOnlyMemory<byte> Content) : FetchInput;

    /// <summary>The answer to <see cref="FetchEffect.CheckWhole"/>.</summary>
    public sealed record WholeChecked(bool IsRight) : FetchInput;
}
