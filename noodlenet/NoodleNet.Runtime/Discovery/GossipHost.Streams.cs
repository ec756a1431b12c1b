using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using NoodleNet.Discovery;
using NoodleNet.Discovery.Wire;

namespace NoodleNet.Runtime.Discovery;

/// <content>What runs on a connection of its own: exchanges of states, pings where UDP is blocked.</content>
public sealed partial class GossipHost
{
    private void TakeUser(ReadOnlyMemory<byte> body, IPEndPoint from) =>
        _machine!.TryPost(new SwimInput.StreamMessage(body, from));

    private bool TakeConnection(Socket socket) =>
        _streams.TryAccept(cancellation => ServeAsync(socket, cancellation));

    private async Task ServeAsync(Socket socket, CancellationToken cancellation)
    {
        if (_options.TakeTls is not { } take || !await TlsStart.IsNextAsync(socket, cancellation).ConfigureAwait(false))
        {
            await _streams.ServeAsync(socket, AnswerExchangeAsync, TakeUser, cancellation).ConfigureAwait(false);
            return;
        }

        bool taken = false;
        try
        {
            taken = take(socket);
        }
        finally
        {
            if (!taken)
            {
                socket.Dispose();
            }
        }
    }

    private async Task<GossipMessage.PushPull?> AnswerExchangeAsync(
        GossipMessage.PushPull state, IPEndPoint from, CancellationToken cancellation)
    {
        long ticket = Interlocked.Increment(ref _ticket);
        var answer = new TaskCompletionSource<GossipMessage.PushPull>(
            TaskCreationOptions.RunContinuationsAsynchronously);
        _offers[ticket] = answer;
        try
        {
            await _machine!.PostAsync(new SwimInput.ExchangeOffered(ticket, state, from), cancellation)
                .ConfigureAwait(false);
            return await answer.Task.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            return null;
        }
        finally
        {
            _offers.TryRemove(ticket, out _);
        }
    }

    private async Task ExchangeAsync(SwimEffect.StartExchange start, CancellationToken cancellation)
    {
        GossipMessage.PushPull? state = await _streams.ExchangeAsync(start.To, start.State, cancellation)
            .ConfigureAwait(false);
        SwimInput outcome = state is null
            ? new SwimInput.ExchangeFailed(start.Ticket)
            : new SwimInput.ExchangeAnswered(start.Ticket, state, start.To);
        try
        {
            await _machine!.PostAsync(outcome, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ChannelClosedException or OperationCanceledException)
        {
            EndJoin(start.Ticket, MergeFault.Unreachable);
        }
    }

    private async Task PingAsync(SwimEffect.PingByStream ping, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(ping.Limit, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        bool answered = await _streams.PingAsync(
            ping.To, new GossipMessage.Ping(ping.SeqNo, ping.Name), both.Token).ConfigureAwait(false);
        _machine!.TryPost(new SwimInput.StreamPinged(ping.SeqNo, answered));
    }
}
