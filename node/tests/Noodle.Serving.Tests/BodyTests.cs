using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Noodle.Primitives;

namespace Noodle.Serving.Tests;

public sealed class BodyTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const string Request = """{"inputs":[{"name":"x","datatype":"INT32","shape":[2],"data":[1,2]}]}""";
    private const string Answer = """{"model_name":"echo-int32","model_version":"3","outputs":""" +
        """[{"name":"y","datatype":"INT32","shape":[2],"data":[1,2]}]}""";

    private readonly ServingHost _host = fixture.Host;

    private static byte[] Pack(string coding, byte[] plain)
    {
        var packed = new MemoryStream();
        using (Stream stream = coding == "gzip" ? new GZipStream(packed, CompressionLevel.Fastest, true)
            : new ZLibStream(packed, CompressionLevel.Fastest, true))
        {
            stream.Write(plain);
        }

        return packed.ToArray();
    }

    private static byte[] Unpack(string coding, byte[] packed)
    {
        using Stream stream = coding == "gzip" ? new GZipStream(new MemoryStream(packed), CompressionMode.Decompress)
            : new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Packed_bodies_pass_in_both_directions(string coding)
    {
        Reply reply = await _host.InferAsync(
            "echo-int32", Pack(coding, Encoding.UTF8.GetBytes(Request)), ("Content-Encoding", coding),
                ("Accept-Encoding", coding));
        Assert.Equal(coding, reply.Header("Content-Encoding"));
        Assert.Equal(Answer, Encoding.UTF8.GetString(Unpack(coding, reply.Body)));
    }

    [Fact]
    public async Task The_head_length_counts_what_was_packed()
    {
        const string Head = """{"parameters":{"binary_data_output":true},"inputs":""" +
            """[{"name":"x","datatype":"INT32","shape":[2],"parameters":{"binary_data_size":8}}]}""";
        byte[] body = BinaryInferTests.Join(Head, [1, 0, 0, 0, 2, 0, 0, 0]);
        Reply reply = await _host.InferAsync("echo-int32", Pack("gzip", body), ("Content-Encoding", "gzip"),
            ("Accept-Encoding", "deflate;q=0.5, gzip;q=0.8"), ("Inference-Header-Content-Length", $"{Head.Length}"));
        byte[] plain = Unpack("gzip", reply.Body);
        Assert.Equal(plain.Length - 8, int.Parse(reply.Header("Inference-Header-Content-Length")!));
        Assert.Equal((byte[])[1, 0, 0, 0, 2, 0, 0, 0], plain[^8..]);
    }

    [Fact]
    public async Task A_bomb_is_refused_before_it_fills_the_memory()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxBodyBytes = 1024 * 1024);
        byte[] bomb = Pack("gzip", new byte[64 * 1024 * 1024]);
        Assert.True(bomb.Length < 1024 * 1024);
        Reply reply = await host.InferAsync("echo-int32", bomb, ("Content-Encoding", "gzip"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Contains("inflates to more than 1048576", reply.Error, StringComparison.Ordinal);
        Assert.Equal(0, host.BytesHeld);
    }

    [Fact]
    public async Task A_body_may_inflate_to_the_limit_exactly()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxBodyBytes = 8192);
        byte[] body = Encoding.UTF8.GetBytes(Request.PadRight(8192));
        Assert.Equal(HttpStatusCode.OK, (await host.InferAsync("echo-int32", Pack("gzip", body), ("Content-Encoding",
            "gzip"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.InferAsync("echo-int32", body)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.InferAsync("echo-int32", Request.PadRight(
            8193))).Status);
    }

    [Theory]
    [InlineData("gzip", "the body is not gzip data")]
    [InlineData("deflate", "the body is not deflate data")]
    [InlineData("br", "content coding 'br' is not supported")]
    [InlineData("gzip, deflate", "content coding 'gzip, deflate' is not supported")]
    public async Task What_cannot_be_unpacked_is_refused(string coding, string sentence)
    {
        Reply reply = await _host.InferAsync("echo-int32", Request, ("Content-Encoding", coding));
        Assert.Contains(sentence, reply.Error, StringComparison.Ordinal);
        Assert.Equal(sentence.Contains("coding", StringComparison.Ordinal) ? 501 : 400, (int)reply.Status);
    }

    [Fact]
    public async Task A_packed_body_that_ends_early_is_refused()
    {
        byte[] packed = Pack("gzip", Encoding.UTF8.GetBytes(Request));
        Reply reply = await _host.InferAsync("echo-int32", packed[..^12], ("Content-Encoding", "gzip"));
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.NotEmpty(reply.Error);
    }

    [Fact]
    public async Task Three_gigabytes_are_refused_before_a_byte_is_read()
    {
        string reply = await _host.SendRawAsync(
            "POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3221225472\r\n\r\n",
            until: "}");
        Assert.StartsWith("HTTP/1.1 413", reply, StringComparison.Ordinal);
        Assert.Contains("{\"error\":\"the body is 3221225472 bytes, this server takes at most 67108864\"}", reply,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_of_65537_chunks_costs_no_more_than_its_bytes()
    {
        string padded = Request.PadRight(65_537);
        var chunks = new StringBuilder();
        foreach (char c in padded)
        {
            chunks.Append("1\r\n").Append(c).Append("\r\n");
        }

        string reply = await _host.SendRawAsync(
            "POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Enc" +
                "oding: chunked\r\n\r\n",
            Encoding.ASCII.GetBytes(chunks.Append("0\r\n\r\n").ToString()));
        Assert.StartsWith("HTTP/1.1 200", reply, StringComparison.Ordinal);
        Assert.EndsWith(Answer, reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chunked_body_larger_than_the_limit_is_cut_off()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxBodyBytes = 2048);
        string reply = await host.SendRawAsync(
            "POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
            Encoding.ASCII.GetBytes("1000\r\n" + new string(' ', 4096) + "\r\n"),
            until: "}");
        Assert.StartsWith("HTTP/1.1 413", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_chunks_are_told_as_such()
    {
        string reply = await _host.SendRawAsync(
            "POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            until: "}");
        Assert.StartsWith("HTTP/1.1 400", reply, StringComparison.Ordinal);
        Assert.Contains("chunks are malformed", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expect_100_continue_is_answered()
    {
        string reply = await _host.SendRawAsync(
            $"POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100" +
                $"-continue\r\nContent-Length: {Request.Length}\r\n\r\n",
            Encoding.ASCII.GetBytes(Request),
            bodyAfter: "100 Continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_never_ends_is_given_up()
    {
        await using ServingHost host = await ServingHost.StartAsync(options =>
            options.BodyTimeout = TimeSpan.FromSeconds(1));
        string reply = await host.SendRawAsync(
            "POST /v2/models/echo-int32/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
            until: "}");
        Assert.StartsWith("HTTP/1.1 408", reply, StringComparison.Ordinal);
        Assert.Contains("within 1 s", reply, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Memory_for_all_requests_together_is_bounded_and_accounted()
    {
        var account = new Account(limit: 40_000);
        await using ServingHost host = await ServingHost.StartAsync(account: account);
        Assert.Equal(HttpStatusCode.OK, (await host.InferAsync("echo-int32", Request)).Status);
        Assert.True(account.Peak > 0);
        Assert.Equal(0, account.InUse);
        foreach ((string coding, byte[] body) in ((string, byte[])[])[
            ("identity", new byte[50_000]), ("gzip", Pack("gzip", new byte[50_000])), ("identity",
                Encoding.UTF8.GetBytes(Ints(9_000)))])
        {
            Reply reply = await host.InferAsync("echo-int32", body, ("Content-Encoding", coding));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
            Assert.Contains("try again later", reply.Error, StringComparison.Ordinal);
            Assert.Equal((0, 0), (account.InUse, host.BytesHeld));
        }

        Reply raw = await host.InferAsync("text", new byte[30_000], ("Inference-Header-Content-Length", "0"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, raw.Status);
    }

    [Fact]
    public async Task JSON_that_decodes_to_more_than_the_limit_is_refused()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxBodyBytes = 16_384);
        Reply reply = await host.InferAsync("echo-int32", Ints(5_000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
        Assert.Contains("decode to more than 16384", reply.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_goes_away_ends_the_call()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"POST /v2/models/waits/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Request.Length}" +
                    $"\r\n\r\n{Request}"));
            await host.Echo.Waiting.Task.WaitAsync(ServingHost.Bound);
        }

        await host.Echo.Cancelled.Task.WaitAsync(ServingHost.Bound);
    }

    private static string Ints(int count) =>
        $$"""{"inputs":[{"name":"x","datatype":"INT32","shape":[{{count}}],"data":""" +
            $$"""[{{string.Join(",", Enumerable.Repeat("1", count))}}]}]}""";

    private sealed class Account(long limit) : IResourceAccount
    {
        private long _inUse;

        public long InUse => _inUse;

        public long Peak { get; private set; }

        public string Owner => "node/serving";

        public bool TryReserve(ResourceKind kind, long amount)
        {
            Assert.Equal(ResourceKind.Memory, kind);
            if (_inUse + amount > limit)
            {
                return false;
            }

            _inUse += amount;
            Peak = Math.Max(Peak, _inUse);
            return true;
        }

        public void Release(ResourceKind kind, long amount) => _inUse -= amount;

        public ResourceUse GetUse(ResourceKind kind) => new(_inUse, limit, Peak);

        public IResourceAccount OpenChild(string name, params ReadOnlySpan<(ResourceKind Kind, long Limit)> limits)
        {
            Assert.Equal("serving", name);
            return this;
        }
    }
}
