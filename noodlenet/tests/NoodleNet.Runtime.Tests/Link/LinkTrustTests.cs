using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Noodle.Primitives;
using NoodleNet.Link;
using NoodleNet.Runtime.Link;

namespace NoodleNet.Runtime.Tests.Link;

public sealed class LinkTrustTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    [Theory]
    [InlineData("noodle/1", SslProtocols.Tls13)] // no certificate
    [InlineData("other/1", SslProtocols.Tls13)]  // nobody speaks it
    [InlineData("noodle/1", SslProtocols.Tls12)] // too old
    public async Task A_stranger_gets_no_byte(string protocol, SslProtocols version)
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(pair.B.LocalEndPoint);
        await using SslStream stream = new(client.GetStream());
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "noodle",
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                EnabledSslProtocols = version,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
            }).WaitAsync(LinkPair.Bound);
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound));
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            Assert.NotNull(error.Message);
        }

        await AssertStillServes(pair);
    }

    [Fact]
    public async Task Plain_bytes_end_their_connection_only()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(pair.B.LocalEndPoint);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        try
        {
            byte[] answer = new byte[100];
            while (await client.GetStream().ReadAsync(answer).AsTask().WaitAsync(LinkPair.Bound) > 0)
            {
            }
        }
        catch (IOException)
        {
        }

        await AssertStillServes(pair);
    }

    [Fact]
    public async Task A_silent_client_is_ended_by_the_handshake_limit()
    {
        await using LinkPair pair = await LinkPair.StartAsync(
            options: new LinkOptions { Limits = new LinkLimits { HandshakeLimit = TimeSpan.FromMilliseconds(500) } });
        using var client = new TcpClient();
        await client.ConnectAsync(pair.B.LocalEndPoint);
        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(LinkPair.Bound));
    }

    [Fact]
    public async Task Nodes_of_another_mesh_are_refused_at_either_end()
    {
        TestAuthority ours = new(), theirs = new();
        await using LinkHost strict = LinkPair.NewHost(ours.Issue(LinkPair.Node(1)));
        await using LinkHost foreign = LinkPair.NewHost(theirs.Issue(LinkPair.Node(2)));
        await using LinkHost intruder = LinkPair.NewHost(theirs.Issue(LinkPair.Node(3), trusts: ours));
        await strict.StartAsync(AnyPort, default);
        await foreign.StartAsync(AnyPort, default);
        Assert.Equal(LinkFault.Untrusted, await FaultOf(strict, LinkPair.Node(2), foreign.LocalEndPoint));
        Assert.Equal(LinkFault.TlsFailed, await FaultOf(intruder, LinkPair.Node(1), strict.LocalEndPoint));
        Assert.False(strict.TryGetPeer(LinkPair.Node(3), out _));
    }

    [Fact]
    public async Task Another_node_than_the_one_called_is_refused_and_so_is_this_node_itself()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        Assert.Equal(LinkFault.WrongNode, await FaultOf(pair.A, LinkPair.Node(9), pair.B.LocalEndPoint));
        Assert.Equal(LinkFault.SelfConnection, await FaultOf(pair.A, LinkPair.Node(1), pair.A.LocalEndPoint));
        Assert.Equal(LinkFault.SelfConnection, await FaultOf(pair.A, LinkPair.Node(9), pair.A.LocalEndPoint));
    }

    [Fact]
    public async Task Nobody_there_and_a_port_in_use_are_said_plainly()
    {
        await using LinkPair pair = await LinkPair.StartAsync();
        int free;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            free = ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        var nobody = new IPEndPoint(IPAddress.Loopback, free);
        Assert.Equal(LinkFault.Unreachable, await FaultOf(pair.A, LinkPair.Node(9), nobody));
        await using LinkHost second = LinkPair.NewHost(new TestAuthority().Issue(LinkPair.Node(5)));
        LinkException taken =
            await Assert.ThrowsAsync<LinkException>(() => second.StartAsync(pair.B.LocalEndPoint, default));
        Assert.Equal(LinkFault.AddressInUse, taken.Fault);
        Assert.Contains(pair.B.LocalEndPoint.ToString(), taken.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => second.LocalEndPoint);
    }

    [Fact]
    public async Task A_side_protocol_is_served_without_a_certificate_of_the_client()
    {
        var authority = new TestAuthority();
        var account = new TestAccount();
        await using LinkHost host =
            LinkPair.NewHost(authority.Issue(LinkPair.Node(1)), account: account, sides: [new Greeter()]);
        await host.StartAsync(AnyPort, default);
        using var client = new TcpClient();
        await client.ConnectAsync(host.LocalEndPoint);
        await using SslStream stream = new(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "noodle",
            ApplicationProtocols = [new SslApplicationProtocol("greet/1")],
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        }).WaitAsync(LinkPair.Bound);
        byte[] bytes = new byte[2];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(LinkPair.Bound);
        Assert.Equal("hi"u8, bytes);
        Assert.Equal(0, await stream.ReadAsync(bytes).AsTask().WaitAsync(LinkPair.Bound));
    }

    internal static async Task<LinkFault> FaultOf(LinkHost host, NodeId node, IPEndPoint address) =>
        (await Assert.ThrowsAsync<LinkException>(() =>
            host.ConnectAsync(node, address, default).AsTask().WaitAsync(LinkPair.Bound))).Fault;

    private static async Task AssertStillServes(LinkPair pair)
    {
        using LinkReply reply = await LinkRequestTests.AskAsync(pair, "echo");
        Assert.Equal(LinkStatus.Ok, reply.Status);
    }

    private sealed class Greeter : ISideProtocol
    {
        public SslApplicationProtocol Protocol { get; } = new("greet/1");

        public async Task ServeAsync(SslStream stream, EndPoint? remote, CancellationToken cancellation)
        {
            await stream.WriteAsync("hi"u8.ToArray(), cancellation);
            throw new InvalidOperationException("after that it breaks");
        }
    }
}
