using System.Security.Cryptography;
using Google.Protobuf;
using Noodle.Node.Mesh;
using Noodle.Primitives;
using NoodleNet.Content;
using NoodleNet.Link;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Models;

/// <summary>Asks connected nodes for model files over NoodleLink.</summary>
/// <remarks>Bound: an answer is read as a stream, and no byte beyond what was asked for is taken.</remarks>
internal sealed class LinkContentPeers(MeshPeers peers) : IContentPeers
{
    public IReadOnlyList<ContentHolder> List(string digest) =>
        [.. peers.ListConnected().Select(peer => new ContentHolder(peer.Node, Has(peer, digest)))];

    public async Task<(AskFault Fault, ChunkManifest? Manifest)> AskManifestAsync(
        NodeId node, string digest, TimeSpan limit, CancellationToken cancellation)
    {
        byte[] header = new ManifestAsk { Digest = digest }.ToByteArray();
        try
        {
            await using LinkStream? stream = await OpenAsync(
                node, TalkIntents.ModelManifest, header, limit, cancellation);
            if (stream is null)
            {
                return (AskFault.Failed, null);
            }

            LinkAnswer answer = await stream.ReadAnswerAsync(cancellation);
            if (answer.Status != LinkStatus.Ok)
            {
                return (FaultOf(answer.Status), null);
            }

            ManifestHead head = ManifestHead.Parser.ParseFrom(answer.Header.Span);
            int count = ChunkManifest.CountOf(head.SizeBytes, head.ChunkBytes);
            byte[] hashes = new byte[count * SHA256.HashSizeInBytes];
            return count > 0 && await TryReadAsync(stream, hashes, cancellation)
                && ChunkManifest.TryCreate(head.SizeBytes, head.ChunkBytes, hashes, out ChunkManifest? manifest)
                    ? (AskFault.None, manifest) : (AskFault.Failed, null);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or LinkException)
        {
            return (AskFault.Failed, null);
        }
    }

    public async Task<AskFault> AskChunkAsync(
        NodeId node, ChunkAddress chunk, Memory<byte> destination, TimeSpan limit, CancellationToken cancellation)
    {
        var ask = new ChunkAsk { Digest = chunk.Digest, ChunkBytes = chunk.ChunkBytes, Index = chunk.Index };
        try
        {
            await using LinkStream? stream = await OpenAsync(
                node, TalkIntents.ModelChunk, ask.ToByteArray(), limit, cancellation);
            if (stream is null)
            {
                return AskFault.Failed;
            }

            LinkAnswer answer = await stream.ReadAnswerAsync(cancellation);
            return answer.Status != LinkStatus.Ok ? FaultOf(answer.Status)
                : await TryReadAsync(stream, destination, cancellation) ? AskFault.None
                : AskFault.Failed;
        }
        catch (LinkException)
        {
            return AskFault.Failed;
        }
    }

    // A model that was loaded, or is being loaded, has its file.
    private bool Has(LinkPeer peer, string digest) =>
        peers.TryGetLoad(peer.Node, out NodeLoad? load)
        && ClusterModels.HasFile(load.Status, digest);

    private async Task<LinkStream?> OpenAsync(
        NodeId node, string intent, byte[] header, TimeSpan limit, CancellationToken cancellation)
    {
        if (!peers.TryGetLink(node, out LinkPeer? peer))
        {
            return null;
        }

        LinkStream stream = await peer.OpenStreamAsync(
            new LinkHead(intent, limit, Priority: LinkPriority.Low), header, cancellation);
        await stream.CompleteAsync(cancellation);
        return stream;
    }

    // False when fewer bytes come, or more.
    private static async Task<bool> TryReadAsync(
        LinkStream stream, Memory<byte> destination, CancellationToken cancellation)
    {
        int count = 0;
        while (count < destination.Length)
        {
            LinkRead read = await stream.ReadAsync(destination[count..], cancellation);
            if (read.Status != LinkStatus.Ok || read.Count == 0)
            {
                return false;
            }

            count += read.Count;
        }

        LinkRead end = await stream.ReadAsync(new byte[1], cancellation);
        return end is { Status: LinkStatus.Ok, Count: 0 };
    }

    private static AskFault FaultOf(LinkStatus status) => status switch
    {
        LinkStatus.Busy or LinkStatus.Exhausted => AskFault.Busy,
        LinkStatus.Unavailable or LinkStatus.UnknownMethod or LinkStatus.Refused => AskFault.NotThere,
        _ => AskFault.Failed,
    };
}
