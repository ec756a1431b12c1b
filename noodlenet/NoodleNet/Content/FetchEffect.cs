using Noodle.Primitives;

namespace NoodleNet.Content;

/// <summary>Why a holder is not asked for now, or not any more.</summary>
public enum HolderFault
{
    /// <summary>What it sent is not what it should be: not asked again in this fetch.</summary>
    Lied,

    /// <summary>It says that the file is larger than this node takes: not asked again in this fetch.</summary>
    TooLarge,

    /// <summary>It did not answer in time, or broke off: asked again after a pause that doubles.</summary>
    Failed,

    /// <summary>It does not have the file: asked again after a pause.</summary>
    NotThere,

    /// <summary>
    /// Its chunk does not fit the other holder's manifest, and nobody vouches for that: the whole file will show who is
    /// right.
    /// </summary>
    Disagrees,
}

/// <summary>How a fetch ended.</summary>
public enum FetchOutcome
{
    /// <summary>All of the file is here, and its digest is right.</summary>
    Done,

    /// <summary>Nobody who has the file brought us further for <see cref="FetchOptions.Patience"/>.</summary>
    NoHolder,

    /// <summary>The file is larger than this node takes.</summary>
    TooLarge,

    /// <summary>Every chunk is as its manifest says, twice, and the whole is not: what was deployed is wrong.</summary>
    WrongContent,
}

/// <summary>What a <see cref="ChunkFetchMachine"/> wants done.</summary>
public abstract record FetchEffect
{
    private FetchEffect()
    {
    }

    /// <summary>Ask a node for the manifest.</summary>
    public sealed record AskManifest(NodeId Node) : FetchEffect;

    /// <summary>Open the file, with what an earlier run left, and say which chunks are right.</summary>
    public sealed record OpenPartial(ChunkManifest Manifest) : FetchEffect;

    /// <summary>Ask a node for a chunk.</summary>
    public sealed record AskChunk(NodeId Node, int Index, int LengthBytes) : FetchEffect;

    /// <summary>Give up an ask; its answer is not waited for.</summary>
    public sealed record GiveUpChunk(NodeId Node, int Index) : FetchEffect;

    /// <summary>Write a chunk, which is right, to its place.</summary>
    public sealed record StoreChunk(int Index, ReadOnlyMemory<byte> Content) : FetchEffect;

    /// <summary>All chunks are there: check the digest of the whole.</summary>
    public sealed record CheckWhole : FetchEffect;

    /// <summary>The whole is wrong: throw away what there is.</summary>
    public sealed record StartOver : FetchEffect;

    /// <summary>For the log: a holder is not asked for now.</summary>
    public sealed record HolderDropped(NodeId Node, HolderFault Fault) : FetchEffect;

    /// <summary>The fetch is over; nothing comes after it.</summary>
    public sealed record Ended(FetchOutcome Outcome) : FetchEffect;
}
