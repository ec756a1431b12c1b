using System.Runtime.CompilerServices;

namespace Noodle.Bench.Link;

/// <summary>Two bare byte channels: on one the server echoes messages, on the other it takes tensors.</summary>
/// <remarks>
/// Meaning: the floor below any protocol. Nothing is framed, because the server knows the lengths beforehand.
/// </remarks>
internal sealed class ChannelSubject : ILinkSubject
{
    private readonly LinkPayload _payload;
    private readonly List<IAsyncDisposable> _resources = [];
    private readonly List<Task> _servers = [];
    private readonly byte[] _answer;
    private Stream _messages = Stream.Null;
    private Stream _tensors = Stream.Null;

    private ChannelSubject(string name, LinkPayload payload) =>
        (Name, _payload, _answer) = (name, payload, new byte[payload.Message.Length]);

    public string Name { get; }

    /// <param name="transport">Makes connected pairs; belongs to the subject from here on.</param>
    public static async Task<ChannelSubject> StartAsync(
        string name, LinkPayload payload, ITransport transport, CancellationToken cancellation)
    {
        var subject = new ChannelSubject(name, payload);
        try
        {
            subject._messages = await subject.OpenAsync(transport, subject.EchoAsync, cancellation)
                .ConfigureAwait(false);
            subject._tensors = await subject.OpenAsync(transport, subject.TakeAsync, cancellation)
                .ConfigureAwait(false);
            subject._resources.Add(transport);
            return subject;
        }
        catch
        {
            subject._resources.Add(transport);
            await subject.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RoundTripAsync(CancellationToken cancellation)
    {
        await _messages.WriteAsync(_payload.Message, CancellationToken.None).ConfigureAwait(false);
        await _messages.ReadExactlyAsync(_answer, CancellationToken.None).ConfigureAwait(false);
        _payload.CheckEcho(_answer);
    }

    public async ValueTask SendTensorAsync(CancellationToken cancellation)
    {
        await _tensors.WriteAsync(_payload.Tensor, cancellation).ConfigureAwait(false);
        byte[] tail = new byte[LinkPayload.TailBytes];
        await _tensors.ReadExactlyAsync(tail, cancellation).ConfigureAwait(false);
        _payload.CheckTaken(tail);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable resource in _resources)
        {
            await resource.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_servers).ConfigureAwait(false);
    }

    private async Task<Stream> OpenAsync(
        ITransport transport, Func<Stream, Task> serve, CancellationToken cancellation)
    {
        (Stream client, Stream server) = await transport.ConnectAsync(cancellation).ConfigureAwait(false);
        _resources.AddRange([client, server]);
        _servers.Add(Task.Run(() => ServeAsync(server, serve), CancellationToken.None));
        return client;
    }

    private static async Task ServeAsync(Stream channel, Func<Stream, Task> serve)
    {
        try
        {
            await serve(channel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // the client has closed the channel: there is nothing left to serve
        }
    }

    private async Task EchoAsync(Stream channel)
    {
        byte[] message = new byte[_payload.Message.Length];
        while (true)
        {
            await channel.ReadExactlyAsync(message).ConfigureAwait(false);
            await channel.WriteAsync(message).ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(Stream channel)
    {
        byte[] tensor = new byte[_payload.Tensor.Length];
        while (true)
        {
            await channel.ReadExactlyAsync(tensor).ConfigureAwait(false);
            await channel.WriteAsync(tensor.AsMemory()[^LinkPayload.TailBytes..]).ConfigureAwait(false);
        }
    }
}
