using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime.Discovery;

/// <summary>One operation a stream: exchange of states, ping, and their answers, each within one deadline.</summary>
/// <remarks>
/// Bound: the given number of streams at once, of which a quarter is kept for our own; a further one is refused, not
/// queued. All of them together hold <see cref="MaxUnreadBytes"/> that have arrived and are not a message yet.
/// </remarks>
internal sealed class GossipStreams(
    GossipEnvelope envelope, string self, TimeSpan limit, int maxStreams, bool compress, TimeProvider time,
    IResourceAccount account, ILogger log, RefusalLog refusals, OtherAddresses others) : IAsyncDisposable
{
    /// <summary>Enough for three of the largest states at once; without it, each stream could make us keep 20 MiB.
    /// </summary>
    public const long MaxUnreadBytes = 64 * 1024 * 1024;

    /// <summary>Why a stream beyond the bound is refused.</summary>
    public const string NoRoom = "too many streams at once";

    private const int ReadBytes = 16 * 1024;
    private const int MaxToldCharacters = 200;
    private readonly ConcurrentDictionary<Task, bool> _running = new();
    private readonly SemaphoreSlim _room = new(maxStreams, maxStreams);
    private readonly int _maxAccepted = maxStreams - (maxStreams / 4);
    private long _unread;
    private int _accepted;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Says in the log that a stream was refused.</summary>
    public void TellRefused()
    {
        if (refusals.MayTell(nameof(Log.ConnectionRefused)))
        {
            Log.ConnectionRefused(log, NoRoom);
        }
    }

    /// <summary>As <see cref="TryRun"/>, for a connection that somebody else opened.</summary>
    public bool TryAccept(Func<CancellationToken, Task> operation)
    {
        bool taken = Interlocked.Increment(ref _accepted) <= _maxAccepted && TryRun(async cancellation =>
        {
            try
            {
                await operation(cancellation).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _accepted);
            }
        });
        if (!taken)
        {
            Interlocked.Decrement(ref _accepted);
        }

        return taken;
    }

    /// <summary>Runs one operation, owned until <see cref="DisposeAsync"/>; false when there is no room.</summary>
    public bool TryRun(Func<CancellationToken, Task> operation)
    {
        if (_stop.IsCancellationRequested || !_room.Wait(0))
        {
            return false;
        }

        if (!account.TryReserve(ResourceKind.Sockets, 1))
        {
            _room.Release();
            return false;
        }

        Task task = Task.Run(() => RunAsync(operation));
        _running.TryAdd(task, true);
        task.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    /// <summary>Sends a state and reads the peer's; null, and a line in the log, when that failed.</summary>
    public async Task<GossipMessage.PushPull?> ExchangeAsync(
        IPEndPoint to, GossipMessage.PushPull state, CancellationToken cancellation) =>
        await AskAsync(to, state, cancellation).ConfigureAwait(false) as GossipMessage.PushPull;

    /// <summary>True when the peer answered the ping over a stream.</summary>
    public async Task<bool> PingAsync(IPEndPoint to, GossipMessage.Ping ping, CancellationToken cancellation) =>
        await AskAsync(to, ping, cancellation).ConfigureAwait(false) is GossipMessage.Ack ack
            && ack.SeqNo == ping.SeqNo;

    /// <summary>Serves one accepted connection, and closes it.</summary>
    /// <param name="answerExchange">Gives our state for the peer's; null when we are stopping.</param>
    /// <param name="takeUser">Takes a user message; it has no answer.</param>
    public async Task ServeAsync(
        Socket socket, Func<GossipMessage.PushPull, IPEndPoint, CancellationToken, Task<GossipMessage.PushPull?>>
            answerExchange, Action<ReadOnlyMemory<byte>, IPEndPoint> takeUser, CancellationToken cancellation)
    {
        using (socket)
        {
            EndPoint? remote = null;
            try
            {
                remote = socket.RemoteEndPoint;
                socket.NoDelay = true;
                var (message, fault) = await ReadAsync(socket, accepted: true, cancellation).ConfigureAwait(false);
                if (message is GossipMessage.User user)
                {
                    takeUser(user.Body, (IPEndPoint)remote!);
                }

                GossipMessage? answer = message switch
                {
                    null => new GossipMessage.Error($"cannot read the stream: {fault}"),
                    GossipMessage.PushPull state => await answerExchange(
                        state, (IPEndPoint)remote!, cancellation).ConfigureAwait(false),
                    GossipMessage.Ping ping when ping.Node == self => new GossipMessage.Ack(ping.SeqNo),
                    _ => null, // a ping for somebody else, or a user message: nothing to say
                };
                if (answer is not null)
                {
                    await SendAsync(socket, answer, dialled: false, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                TellFailed(remote, exception.Message);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _room.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> operation)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        try
        {
            await operation(both.Token).ConfigureAwait(false);
        }
        finally
        {
            account.Release(ResourceKind.Sockets, 1);
            _room.Release();
        }
    }

    private async Task<GossipMessage?> AskAsync(
        IPEndPoint to, GossipMessage question, CancellationToken cancellation)
    {
        try
        {
            using Socket socket = await ConnectAsync(to, cancellation).ConfigureAwait(false);
            await SendAsync(socket, question, dialled: true, cancellation).ConfigureAwait(false);
            var (message, fault) = await ReadAsync(socket, accepted: false, cancellation).ConfigureAwait(false);
            if (message is null or GossipMessage.Error)
            {
                string reason = message is GossipMessage.Error error ? OneLine(error.Text) : fault.ToString();
                TellFailed(to, reason);
            }

            return message;
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            TellFailed(to, exception.Message);
            return null;
        }
    }

    private async Task<Socket> ConnectAsync(IPEndPoint to, CancellationToken cancellation)
    {
        try
        {
            return await ConnectOnceAsync(to, cancellation).ConfigureAwait(false);
        }
        catch (SocketException exception) when (OtherAddresses.IsNoWay(exception) && others.OtherOf(to) is not null)
        {
            return await ConnectOnceAsync(others.OtherOf(to) ?? to, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<Socket> ConnectOnceAsync(IPEndPoint to, CancellationToken cancellation)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(to, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void TellFailed(EndPoint? peer, string reason)
    {
        if (refusals.MayTell(nameof(Log.ExchangeFailed)))
        {
            Log.ExchangeFailed(log, peer, reason);
        }
    }

    // What a peer says goes into our log: on one line, and without what a terminal obeys.
    private static string OneLine(string text) =>
        string.Concat(text.Take(MaxToldCharacters).Select(c => char.IsControl(c) ? ' ' : c));

    private async Task SendAsync(Socket socket, GossipMessage message, bool dialled, CancellationToken cancellation)
    {
        byte[] nonce = RandomNumberGenerator.GetBytes(KeyRing.NonceBytes);
        ReadOnlyMemory<byte> rest = envelope.SealStream(message, dialled, compress, nonce);
        while (!rest.IsEmpty)
        {
            int sent = await socket.SendAsync(rest, SocketFlags.None, cancellation).ConfigureAwait(false);
            rest = rest[sent..];
        }
    }

    private async Task<(GossipMessage? Message, WireFault Fault)> ReadAsync(
        Socket socket, bool accepted, CancellationToken cancellation)
    {
        var reader = new GossipStreamReader(envelope, accepted);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        long read = 0;
        try
        {
            while (true)
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory(), cancellation).ConfigureAwait(false);
                if (count == 0)
                {
                    return (null, WireFault.Truncated);
                }

                read += count;
                if (Interlocked.Add(ref _unread, count) > MaxUnreadBytes)
                {
                    return (null, WireFault.TooLarge);
                }

                if (reader.Feed(buffer.AsSpan(0, count)) is not StreamProgress.NeedsMore)
                {
                    return (reader.Message, reader.Fault);
                }
            }
        }
        finally
        {
            Interlocked.Add(ref _unread, -read);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
