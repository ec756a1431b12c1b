using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

/// <summary>A trusted peer that writes what it likes: frames made by hand, over real TLS.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private static readonly LinkLimits Generous = new() { StreamWindow = 1 << 24, ConnectionWindow = 1 << 30 };

    private readonly TcpClient? _client;
    private readonly Stream _stream;

    private RawPeer(Stream stream, TcpClient? client) => (_stream, _client) = (stream, client);

    /// <summary>Connects to a host and greets it.</summary>
    public static async Task<RawPeer> ConnectAsync(LinkHost host, ILinkIdentity identity)
    {
        var client = new TcpClient();
        await client.ConnectAsync(host.LocalEndPoint);
        return await ConnectAsync(client.GetStream(), identity, client);
    }

    /// <summary>Greets a host over a duplex, with TLS in it.</summary>
    public static async Task<RawPeer> ConnectAsync(Stream duplex, ILinkIdentity identity, TcpClient? client = null)
    {
        var stream = new SslStream(duplex);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "noodle",
            ApplicationProtocols = [new SslApplicationProtocol("noodle/1")],
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificates = [identity.Certificate],
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        }).WaitAsync(LinkPair.Bound);
        return await GreetAsync(stream, identity, client);
    }

    /// <summary>Greets a host over a stream that is secure already.</summary>
    public static async Task<RawPeer> GreetAsync(Stream secure, ILinkIdentity identity, TcpClient? client = null)
    {
        var peer = new RawPeer(secure, client);
        await peer.GreetAsync(identity.Node);
        return peer;
    }

    /// <summary>Takes the connection of a host that dials, and greets it.</summary>
    public static async Task<RawPeer> AcceptAsync(TcpListener listener, ILinkIdentity identity)
    {
        TcpClient client = await listener.AcceptTcpClientAsync();
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ApplicationProtocols = [new SslApplicationProtocol("noodle/1")],
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificate = identity.Certificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        }).WaitAsync(LinkPair.Bound);
        return await GreetAsync(stream, identity, client);
    }

    public Task SendAsync(LinkFrameType type, uint stream, long value)
    {
        byte[] payload = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(payload, value);
        return SendAsync(new LinkFrame(type, stream, payload.Length, false), payload);
    }

    /// <summary>Writes a frame, or only the start of one.</summary>
    public async Task SendAsync(LinkFrame frame, ReadOnlyMemory<byte> payload)
    {
        byte[] bytes = new byte[LinkFrame.Size + payload.Length];
        frame.Write(bytes);
        payload.Span.CopyTo(bytes.AsSpan(LinkFrame.Size));
        await _stream.WriteAsync(bytes).AsTask().WaitAsync(LinkPair.Bound);
    }

    /// <summary>Writes bytes that are frames already.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> frames) =>
        await _stream.WriteAsync(frames).AsTask().WaitAsync(LinkPair.Bound);

    public async Task SendMoreAsync(int count) => await _stream.WriteAsync(new byte[count]);

    public Task OpenAsync(uint stream, long bodyLength, bool isEnd = false)
    {
        byte[] method = Encoding.ASCII.GetBytes("raw");
        byte[] payload = new byte[LinkOpen.GetLength(method.Length, 0, 0)];
        new LinkOpen { Method = method, BodyLength = bodyLength }.Write(payload);
        return SendAsync(new LinkFrame(LinkFrameType.Open, stream, payload.Length, isEnd), payload);
    }

    public Task AnswerAsync(uint stream, long bodyLength, bool isEnd)
    {
        byte[] payload = new byte[LinkHeadFrame.GetLength(0, 0)];
        new LinkHeadFrame { Status = LinkStatus.Ok, BodyLength = bodyLength }.Write(payload);
        return SendAsync(new LinkFrame(LinkFrameType.Head, stream, payload.Length, isEnd), payload);
    }

    /// <summary>The next frame that is no ping; pings are answered.</summary>
    public async Task<LinkFrame?> ReadAsync(LinkFrameType? until = null)
    {
        byte[] header = new byte[LinkFrame.Size];
        while (true)
        {
            try
            {
                await _stream.ReadExactlyAsync(header).AsTask().WaitAsync(LinkPair.Bound);
                LinkFrame.Read(header, out LinkFrame frame);
                byte[] payload = new byte[frame.Length];
                await _stream.ReadExactlyAsync(payload).AsTask().WaitAsync(LinkPair.Bound);
                if (frame.Type == LinkFrameType.Ping)
                {
                    await SendAsync(LinkFrameType.Pong, 0, BinaryPrimitives.ReadInt64BigEndian(payload));
                }

                if (until is null ? frame.Type != LinkFrameType.Ping : frame.Type == until)
                {
                    return frame;
                }
            }
            catch (IOException)
            {
                return null; // it is over
            }
        }
    }

    /// <summary>Returns when the host has read everything that was sent before.</summary>
    public async Task FenceAsync()
    {
        await SendAsync(LinkFrameType.Ping, 0, 77);
        Assert.NotNull(await ReadAsync(LinkFrameType.Pong));
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client?.Dispose();
    }

    private Task GreetAsync(NodeId node)
    {
        byte[] hello = new byte[LinkHello.GetLength(node)];
        LinkHello.Write(hello, node, Generous);
        return SendAsync(new LinkFrame(LinkFrameType.Hello, 0, hello.Length, false), hello);
    }
}
