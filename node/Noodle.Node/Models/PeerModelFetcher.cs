using System.Buffers;
using Ahr.Runtime;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Noodle.Node.Mesh;
using NoodleNet.Link;
using NoodleNet.Mesh;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Models;

/// <summary>Pulls a model file from a peer that has it, those that have it loaded first.</summary>
/// <remarks>Bound: one peer at a time; <see cref="ChunkBytes"/> of memory; the store bounds the file and checks the
/// digest.</remarks>
internal sealed class PeerModelFetcher(MeshPeers peers, ILogger log) : IModelFetcher
{
    private const int ChunkBytes = 256 * 1024;

    public async ValueTask<StoreResult> FetchAsync(string digest, ModelStore store, CancellationToken cancellation)
    {
        StoreResult last = StoreResult.Failed(StoreFault.Missing,
            $"no peer is connected that could send model {digest}");
        foreach (LinkPeer peer in peers.ListConnected().OrderByDescending(peer => HasLoaded(peer, digest)))
        {
            try
            {
                last = await FetchFromAsync(peer, digest, store, cancellation);
            }
            catch (LinkException e)
            {
                last = StoreResult.Failed(StoreFault.Missing, e.Message); // lost, or full: the next one
            }

            if (last.Fault == StoreFault.None)
            {
                Log.ModelFetched(log, digest, last.SizeBytes, peer.Node.ShortName);
                return last;
            }
        }

        return last;
    }

    private bool HasLoaded(LinkPeer peer, string digest) =>
        peers.TryGetLoad(peer.Node, out NodeLoad? load) &&
        ClusterModels.Find(load.Status, digest)?.State == ReplicaState.Ready;

    private static async Task<StoreResult> FetchFromAsync(
        LinkPeer peer, string digest, ModelStore store, CancellationToken cancellation)
    {
        var ask = new ModelFetch { Digest = digest };
        await using LinkStream stream = await peer.OpenStreamAsync(
            new LinkHead(TalkIntents.ModelFetch, Priority: LinkPriority.Low), ask.ToByteArray(), cancellation);
        await stream.CompleteAsync(cancellation);
        LinkAnswer answer = await stream.ReadAnswerAsync(cancellation);
        if (answer.Status != LinkStatus.Ok)
        {
            return Failed(peer, digest, answer.Status);
        }

        byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            await using ModelImport import = store.BeginImport();
            while (true)
            {
                LinkRead read = await stream.ReadAsync(chunk, cancellation);
                if (read.Status != LinkStatus.Ok)
                {
                    return Failed(peer, digest, read.Status);
                }

                if (read.Count == 0)
                {
                    return await import.CommitAsync(digest, cancellation);
                }

                StoreResult step = await import.AppendAsync(chunk.AsMemory(0, read.Count), cancellation);
                if (step.Fault != StoreFault.None)
                {
                    return step;
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static StoreResult Failed(LinkPeer peer, string digest, LinkStatus status) => StoreResult.Failed(
        StoreFault.Missing,
        $"node {peer.Node.ShortName} did not send model {digest}: the transfer ended with {status}");
}
