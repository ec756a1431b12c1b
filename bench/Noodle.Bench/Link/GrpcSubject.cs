using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Noodle.Bench.Link.Grpc;

namespace Noodle.Bench.Link;

/// <summary>gRPC as .NET has it (Kestrel and HttpClient over HTTP/2), under the same mutual TLS 1.3.</summary>
/// <remarks>
/// Windows and frames are as large as NoodleLink's or larger, limits are off, nothing is compressed and nothing logged.
/// </remarks>
internal sealed class GrpcSubject : ILinkSubject
{
    /// <summary>Name of the subject that sends tensors in chunks; the other sends them as one message.</summary>
    public const string Chunks = "grpc chunks";

    private const int StreamWindow = 8 << 20;
    private const int ConnectionWindow = 16 << 20;
    private const int FrameBytes = 1 << 20;

    // Just below the size from which .NET puts arrays aside in a heap that it cleans rarely.
    private const int ChunkBytes = 64 << 10;

    private readonly LinkPayload _payload;
    private readonly bool _isStreaming;
    private readonly WebApplication _server;
    private GrpcChannel _channel = null!;
    private Bytes.BytesClient _client = null!;

    private GrpcSubject(BenchMesh mesh, LinkPayload payload, bool isStreaming)
    {
        (_payload, _isStreaming) = (payload, isStreaming);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddGrpc(options =>
            (options.MaxReceiveMessageSize, options.MaxSendMessageSize) = (null, null));
        builder.Services.AddSingleton(payload);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration()
            .ConfigureKestrel(options => Configure(options, mesh));
        _server = builder.Build();
        _server.UseRouting();
        _server.MapGrpcService<BytesService>();
    }

    public string Name => _isStreaming ? Chunks : "grpc";

    public static async Task<GrpcSubject> StartAsync(
        BenchMesh mesh, LinkPayload payload, bool isStreaming, CancellationToken cancellation)
    {
        var subject = new GrpcSubject(mesh, payload, isStreaming);
        await subject._server.StartAsync(cancellation).ConfigureAwait(false);
        string address = subject._server.Services.GetRequiredService<IServer>()
            .Features.Get<IServerAddressesFeature>()!.Addresses.First();
        SslClientAuthenticationOptions tls = mesh.ForClient("h2");
        tls.TargetHost = null;
        tls.ApplicationProtocols = null; // the handler sets them
        subject._channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false, SslOptions = tls, InitialHttp2StreamWindowSize = StreamWindow,
            },
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
        });
        subject._client = new Bytes.BytesClient(subject._channel);
        return subject;
    }

    public async ValueTask RoundTripAsync(CancellationToken cancellation)
    {
        var question = new Payload { Data = UnsafeByteOperations.UnsafeWrap(_payload.Message) };
        Payload answer = await _client.EchoAsync(question, cancellationToken: cancellation).ConfigureAwait(false);
        _payload.CheckEcho(answer.Data.Span);
    }

    public async ValueTask SendTensorAsync(CancellationToken cancellation)
    {
        Payload answer = _isStreaming
            ? await SendChunksAsync(cancellation).ConfigureAwait(false)
            : await _client.TakeAsync(
                new Payload { Data = UnsafeByteOperations.UnsafeWrap(_payload.Tensor) },
                cancellationToken: cancellation).ConfigureAwait(false);
        _payload.CheckTaken(answer.Data.Span);
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<Payload> SendChunksAsync(CancellationToken cancellation)
    {
        using AsyncClientStreamingCall<Payload, Payload> call =
            _client.TakeChunks(cancellationToken: cancellation);
        for (int at = 0; at < _payload.Tensor.Length; at += ChunkBytes)
        {
            Memory<byte> chunk = _payload.Tensor.AsMemory(at, int.Min(ChunkBytes, _payload.Tensor.Length - at));
            await call.RequestStream.WriteAsync(
                new Payload { Data = UnsafeByteOperations.UnsafeWrap(chunk) }, cancellation).ConfigureAwait(false);
        }

        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return await call.ResponseAsync.ConfigureAwait(false);
    }

    private static void Configure(KestrelServerOptions options, BenchMesh mesh)
    {
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.MaxStreamsPerConnection = 65_536;
        options.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        options.Limits.Http2.InitialStreamWindowSize = StreamWindow;
        options.Limits.Http2.MaxFrameSize = FrameBytes;
        options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = mesh.Server.Certificate,
                SslProtocols = SslProtocols.Tls13,
                ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                ClientCertificateValidation = (certificate, _, _) =>
                    mesh.Server.TryVerifyPeer(certificate, asServer: false, out _, out _),
            });
        });
    }

    private sealed class BytesService(LinkPayload payload) : Bytes.BytesBase
    {
        public override Task<Payload> Echo(Payload request, ServerCallContext context) => Task.FromResult(request);

        public override Task<Payload> Take(Payload request, ServerCallContext context) =>
            Task.FromResult(Tail(request.Data.Memory));

        public override async Task<Payload> TakeChunks(
            IAsyncStreamReader<Payload> requestStream, ServerCallContext context)
        {
            byte[] tensor = ArrayPool<byte>.Shared.Rent(payload.Tensor.Length);
            int count = 0;
            while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
            {
                requestStream.Current.Data.Span.CopyTo(tensor.AsSpan(count));
                count += requestStream.Current.Data.Length;
            }

            Payload tail = Tail(tensor.AsMemory(0, count));
            ArrayPool<byte>.Shared.Return(tensor);
            return tail;
        }

        private static Payload Tail(ReadOnlyMemory<byte> tensor) => new()
        {
            Data = ByteString.CopyFrom(tensor.Span[^int.Min(tensor.Length, LinkPayload.TailBytes)..]),
        };
    }
}
