using Noodle.Primitives;
using NoodleNet.Content;

namespace Noodle.Node.Models;

/// <summary>A node that can be asked for a model's file.</summary>
/// <param name="SaysItHas">It said that it has the model loaded, or is loading it: the file is there.</param>
internal readonly record struct ContentHolder(NodeId Node, bool SaysItHas);

/// <summary>The nodes that a model's file may come from.</summary>
internal interface IContentPeers
{
    /// <summary>Those that can be asked now.</summary>
    IReadOnlyList<ContentHolder> List(string digest);

    /// <summary>Asks for the hashes of the chunks. What the other end does wrong is a fault.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    Task<(AskFault Fault, ChunkManifest? Manifest)> AskManifestAsync(
        NodeId node, string digest, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Asks for a chunk, which fills <paramref name="destination"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    Task<AskFault> AskChunkAsync(
        NodeId node, ChunkAddress chunk, Memory<byte> destination, TimeSpan limit, CancellationToken cancellation);
}

/// <summary>Which chunk of which file.</summary>
internal readonly record struct ChunkAddress(string Digest, int ChunkBytes, int Index);
