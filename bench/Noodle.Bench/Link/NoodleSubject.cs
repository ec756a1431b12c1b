using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace Noodle.Bench.Link;

/// <summary>NoodleLink between two hosts: requests over one connection.</summary>
internal sealed class NoodleSubject : ILinkSubject
{
    private readonly LinkPayload _payload;
    private readonly LinkRequest _echo;
    private readonly LinkRequest _take;
    private readonly LinkHost _client;
    private readonly LinkHost _server;
    private LinkPeer _peer = null!;

    private NoodleSubject(BenchMesh mesh, LinkPayload payload, IResourceAccount account)
    {
        _payload = payload;
        _echo = new LinkRequest { Head = new LinkHead("echo", TimeSpan.FromMinutes(1)), Body = [payload.Message] };
        _take = new LinkRequest { Head = new LinkHead("take", TimeSpan.FromMinutes(5)), Body = [payload.Tensor] };
        _client = NewHost(mesh.Client, account);
        _server = NewHost(mesh.Server, account);
    }

    public string Name => "noodle";

    public static async Task<NoodleSubject> StartAsync(
        BenchMesh mesh, LinkPayload payload, IResourceAccount account, CancellationToken cancellation)
    {
        var subject = new NoodleSubject(mesh, payload, account);
        try
        {
            await subject._server.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), cancellation).ConfigureAwait(false);
            subject._peer = await subject._client
                .ConnectAsync(mesh.Server.Node, subject._server.LocalEndPoint, cancellation).ConfigureAwait(false);
            return subject;
        }
        catch
        {
            await subject.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RoundTripAsync(CancellationToken cancellation)
    {
        using LinkReply reply = await _peer.RequestAsync(_echo, CancellationToken.None).ConfigureAwait(false);
        CheckStatus(reply);
        _payload.CheckEcho(reply.Body.Span);
    }

    public async ValueTask SendTensorAsync(CancellationToken cancellation)
    {
        using LinkReply reply = await _peer.RequestAsync(_take, cancellation).ConfigureAwait(false);
        CheckStatus(reply);
        _payload.CheckTaken(reply.Body.Span);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private static LinkHost NewHost(ILinkIdentity identity, IResourceAccount account) => new(
        new LinkOptions(), identity, new Handler(), account, NullLogger<LinkHost>.Instance, TimeProvider.System, []);

    private static void CheckStatus(LinkReply reply)
    {
        if (reply.Status != LinkStatus.Ok)
        {
            throw new InvalidOperationException($"a request ended {reply.Status} {reply.Message}");
        }
    }

    private sealed class Handler : ILinkHandler
    {
        public ValueTask HandleAsync(LinkIncoming incoming, CancellationToken cancellation) =>
            incoming.Head.Method == "echo" ? EchoAsync(incoming) : TakeAsync(incoming, cancellation);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        private static async ValueTask EchoAsync(LinkIncoming incoming)
        {
            using LinkBody body =
                await incoming.ReadBodyAsync(1 << 20, CancellationToken.None).ConfigureAwait(false);
            await incoming.ReplyAsync(body.Status, "", default, body.Memory, CancellationToken.None)
                .ConfigureAwait(false);
        }

        private static async ValueTask TakeAsync(LinkIncoming incoming, CancellationToken cancellation)
        {
            using LinkBody body = await incoming.ReadBodyAsync(1 << 30, cancellation).ConfigureAwait(false);
            ReadOnlyMemory<byte> tail = body.Memory[^int.Min(body.Memory.Length, LinkPayload.TailBytes)..];
            await incoming.ReplyAsync(body.Status, "", default, tail, cancellation).ConfigureAwait(false);
        }
    }
}
