using System.Buffers;
using Ahr.Runtime;
using Google.Protobuf;
using NoodleNet.Content;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Sends model files to other nodes in chunks.</summary>
/// <remarks>Bound: <see cref="MaxSends"/> answers at once, each with a buffer of a chunk; one more is Busy.</remarks>
internal sealed class ContentHandler(ModelStore store)
{
    /// <summary>Answers that are being sent at once, to all nodes together.</summary>
    public const int MaxSends = 32;

    private int _sends;

    /// <summary>Serves <see cref="TalkIntents.ModelManifest"/>.</summary>
    public async ValueTask SendManifestAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        ManifestAsk ask = ManifestAsk.Parser.ParseFrom(incoming.Header.Span);
        await BoundedAsync(incoming, async () =>
        {
            const int chunkBytes = ChunkManifest.DefaultChunkBytes;
            byte[]? hashes = await store.HashChunksAsync(ask.Digest, chunkBytes, cancellation);
            await using FileStream? file = store.OpenRead(ask.Digest);
            if (hashes is null || file is null)
            {
                return LinkStatus.Unavailable;
            }

            byte[] head = new ManifestHead { SizeBytes = file.Length, ChunkBytes = chunkBytes }.ToByteArray();
            await incoming.ReplyAsync(LinkStatus.Ok, "", head, [hashes], cancellation);
            return LinkStatus.Ok;
        }, cancellation);
    }

    /// <summary>Serves <see cref="TalkIntents.ModelChunk"/>.</summary>
    public async ValueTask SendChunkAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        ChunkAsk ask = ChunkAsk.Parser.ParseFrom(incoming.Header.Span);
        await BoundedAsync(incoming, async () =>
        {
            await using FileStream? file = store.OpenRead(ask.Digest);
            if (file is null)
            {
                return LinkStatus.Unavailable;
            }

            if (ask.Index < 0 || ask.Index >= ChunkManifest.CountOf(file.Length, ask.ChunkBytes))
            {
                return LinkStatus.Refused;
            }

            byte[] chunk = ArrayPool<byte>.Shared.Rent(ask.ChunkBytes);
            try
            {
                long offset = (long)ask.Index * ask.ChunkBytes;
                int length = (int)Math.Min(ask.ChunkBytes, file.Length - offset);
                file.Position = offset;
                await file.ReadExactlyAsync(chunk.AsMemory(0, length), cancellation);
                await incoming.ReplyAsync(LinkStatus.Ok, "", default, [chunk.AsMemory(0, length)], cancellation);
                return LinkStatus.Ok;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(chunk);
            }
        }, cancellation);
    }

    // The work answers with Ok itself; any other status is answered here.
    private async ValueTask BoundedAsync(
        LinkIncoming incoming, Func<Task<LinkStatus>> work, CancellationToken cancellation)
    {
        LinkStatus status = LinkStatus.Busy;
        try
        {
            if (Interlocked.Increment(ref _sends) <= MaxSends)
            {
                status = await work();
            }
        }
        catch (IOException)
        {
            status = LinkStatus.Unavailable; // the file is unreadable here; another node may have it whole
        }
        finally
        {
            Interlocked.Decrement(ref _sends);
        }

        if (status != LinkStatus.Ok)
        {
            await incoming.ReplyAsync(status, "", default, [], cancellation);
        }
    }
}
