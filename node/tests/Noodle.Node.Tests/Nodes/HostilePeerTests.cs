using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Noodle.Node.Tests.Nodes;

/// <summary>Strangers at the mesh port: nothing is served to them, and the node stays as it was.</summary>
public sealed class HostilePeerTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[]> Plaintext => new()
    {
        { "http", "GET /v2/models HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray() },
        { "zeros", new byte[4096] },
        { "an unfinished TLS hello", [0x16, 0x03, 0x01, 0xFF, 0xFF, 1, 2, 3] },
        { "gossip without a key", [6, 0, 0, 0, 1, 0x81] },
        { "one byte", [0xFF] },
    };

    [Theory]
    [MemberData(nameof(Plaintext))]
    public async Task Plain_bytes_get_nothing_that_a_stranger_can_read(string what, byte[] bytes)
    {
        Assert.NotEmpty(what);
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        TestNode node = mesh.Nodes[0];
        using (TcpClient client = await ConnectAsync(node))
        {
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(bytes, Cancel);
            client.Client.Shutdown(SocketShutdown.Send);
            // an encrypted refusal, or a TLS alert
            string answer = Encoding.Latin1.GetString(await ReadToEndAsync(stream));
            Assert.True(answer.Length < 512);
            Assert.DoesNotContain(node.Information.Id.Host, answer, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", answer, StringComparison.Ordinal);
        }

        using (var udp = new UdpClient())
        {
            await udp.SendAsync(bytes, node.Information.Mesh, Cancel);
        }

        await AssertUpAsync(mesh);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tls_without_a_certificate_of_the_mesh_ends_before_anything_is_said(bool withCertificate)
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1);
        using (TcpClient client = await ConnectAsync(mesh.Nodes[0]))
        {
            using X509Certificate2 stranger = SelfSigned();
            await using var tls = new SslStream(client.GetStream());
            long read = 0;
            try
            {
                await tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "noodle",
                        ApplicationProtocols = [new SslApplicationProtocol("noodle/1")],
                        ClientCertificates = withCertificate ? [stranger] : null,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
                    },
                    Cancel);
                await tls.WriteAsync(new byte[256], Cancel);
                read = (await ReadToEndAsync(tls)).Length;
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // refused in the handshake: as good
            }

            Assert.Equal(0, read);
        }

        await AssertUpAsync(mesh);
    }

    [Fact]
    public async Task Many_silent_connections_do_not_keep_a_joiner_out()
    {
        await using TestMesh mesh = await TestMesh.StartAsync(1, multicast: false);
        TcpClient[] silent = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => ConnectAsync(mesh.Nodes[0])));
        await AssertUpAsync(mesh);
        Array.ForEach(silent, client => client.Dispose());
    }

    // Up: it answers, and a rightful node can still join it.
    private static async Task AssertUpAsync(TestMesh mesh)
    {
        Assert.Single(await mesh.Nodes[0].Client.GetNodesAsync(Cancel));
        await mesh.AddAsync();
        await mesh.UntilAllSeeAsync(2);
    }

    private static async Task<TcpClient> ConnectAsync(TestNode node)
    {
        var client = new TcpClient();
        await client.ConnectAsync(node.Information.Mesh, Cancel);
        return client;
    }

    private static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(s_limit);
        byte[] buffer = new byte[4096];
        using var all = new MemoryStream();
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) is var read && read > 0)
            {
                all.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // a reset ends it too
        }

        return all.ToArray();
    }

    private static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
