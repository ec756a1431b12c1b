using System.Buffers;
using Ahr.Runtime;
using Google.Protobuf;
using NoodleNet.Content;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;
using NoodleNet.Talk;

namespace Noodle.Node.Talk;

/// <summary>Sends model files to other nodes in chunks.</summary>
/// <param name="stopping">Fires when the node stops.</param>
/// <remarks>
/// Meaning: a file whose chunks were never hashed here is hashed at the first ask, to the end even when the asker does
/// not wait that long: he asks again.
/// Bound: <see cref="MaxSends"/> answers at once, each with a buffer of 1 MiB, and one file that is hashed; one more is
/// Busy.
/// </remarks>
internal sealed class ContentHandler(ModelStore store, CancellationToken stopping)
{
    /// <summary>Answers that are being sent at once, to all nodes together.</summary>
    public const int MaxSends = 32;

    private readonly Lock _gate = new();
    private (string Digest, Task<byte[]?> Task)? _hashing;
    private int _sends;

    /// <summary>Serves <see cref="TalkIntents.ModelManifest"/>.</summary>
    public async ValueTask SendManifestAsync(LinkIncoming incoming, CancellationToken cancellation)
    {
        ManifestAsk ask = ManifestAsk.Parser.ParseFrom(incoming.Header.Span);
        await BoundedAsync(incoming, async () =>
        {
            const int chunkBytes = ChunkManifest.DefaultChunkBytes;
            if (StartHashing(ask.Digest) is not { } hashing)
            {
                return LinkStatus.Busy;
            }

            byte[]? hashes = await hashing.WaitAsync(cancellation);
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

            if (ask.ChunkBytes != ChunkManifest.DefaultChunkBytes
                || ask.Index < 0 || ask.Index >= ChunkManifest.CountOf(file.Length, ask.ChunkBytes))
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

    // Null when another file is being hashed.
    private Task<byte[]?>? StartHashing(string digest)
    {
        lock (_gate)
        {
            if (_hashing is not { Task.IsCompleted: false } running)
            {
                Task<byte[]?> task = Task.Run(
                    () => store.HashChunksAsync(digest, ChunkManifest.DefaultChunkBytes, stopping), stopping);
                _hashing = (digest, task);
                return task;
            }

            return running.Digest == digest ? running.Task : null;
        }
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
