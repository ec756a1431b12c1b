using System.Buffers;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Mesh;

/// <summary>Passes bytes on between two streams, in both directions, until both have ended.</summary>
/// <remarks>
/// Meaning: it reads only after what it read before was taken, so the credit of the one side becomes that of the other.
/// An end on one side is an end on the other; a break on one side breaks both.
/// Bound: one buffer each way; idle streams are ended.
/// </remarks>
internal sealed class RelayPump(RelayOptions options, IResourceAccount account, TimeProvider time)
{
    private long _passed;

    /// <summary>Bytes that were passed on, both ways together.</summary>
    public long Passed => Interlocked.Read(ref _passed);

    /// <summary>Runs until both directions have ended; false when there is no memory to begin with.</summary>
    public async Task<bool> RunAsync(LinkStream one, LinkStream other, CancellationToken cancellation)
    {
        long bytes = 2L * options.BufferBytes;
        if (!account.TryReserve(ResourceKind.Memory, bytes))
        {
            return false;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var idle = new CancellationTokenSource(options.IdleLimit, time);
        using CancellationTokenRegistration both = idle.Token.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), stop);
        try
        {
            await Task.WhenAll(
                PassAsync(one, other, idle, stop), PassAsync(other, one, idle, stop)).ConfigureAwait(false);
        }
        finally
        {
            account.Release(ResourceKind.Memory, bytes);
        }

        return true;
    }

    private async Task PassAsync(
        LinkStream from, LinkStream to, CancellationTokenSource idle, CancellationTokenSource stop)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(options.BufferBytes);
        LinkStatus status = LinkStatus.Ok;
        try
        {
            while (status == LinkStatus.Ok)
            {
                LinkRead read = await from.ReadAsync(buffer.AsMemory(0, options.BufferBytes), stop.Token)
                    .ConfigureAwait(false);
                status = read.Status;
                if (status != LinkStatus.Ok || read.Count == 0)
                {
                    break;
                }

                idle.CancelAfter(options.IdleLimit);
                Interlocked.Add(ref _passed, read.Count);
                status = await to.WriteAsync(buffer.AsMemory(0, read.Count), stop.Token).ConfigureAwait(false);
            }

            if (status == LinkStatus.Ok)
            {
                status = await to.CompleteAsync(stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            status = LinkStatus.Cancelled;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (status != LinkStatus.Ok)
        {
            from.Cancel(status);
            to.Cancel(status);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }
}
