using System.Net;
using System.Text.Json;

namespace Noodle.Node.Tests.Nodes;

public sealed class ControlApiTests(ControlApiTests.OneNode one) : IClassFixture<ControlApiTests.OneNode>
{
    private const long MaxModelBytes = 100_000;
    private static readonly byte[] s_good = File.ReadAllBytes(Digits.ModelPath);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, HttpStatusCode, string> BadDeployments => new()
    {   // what is sent         to                                     status                     the sentence names
        { "good",      "models/-bad",                       HttpStatusCode.BadRequest, "name" },
        { "good",      "models/a%2Fb",                      HttpStatusCode.BadRequest, "name" },
        { "good",      "models/" + new string('x', 129),    HttpStatusCode.BadRequest, "name" },
        { "good",      "models/m?replicas=0",               HttpStatusCode.BadRequest, "replicas" },
        { "good",      "models/m?replicas=-1",              HttpStatusCode.BadRequest, "replicas" },
        { "good",      "models/m?replicas=10001",           HttpStatusCode.BadRequest, "replicas" },
        { "good",      "models/m?replicas=many",            HttpStatusCode.BadRequest, "replicas" },
        { "good",      "models/m?replicas=1&replicas=2",    HttpStatusCode.BadRequest, "replicas" },
        { "text",      "models/m",                          HttpStatusCode.BadRequest, "m" },
        { "truncated", "models/m",                          HttpStatusCode.BadRequest, "m" },
        { "empty",     "models/m",                          HttpStatusCode.BadRequest, "empty" },
        { "large",     "models/m",                          HttpStatusCode.RequestEntityTooLarge, "100000" },
    };

    [Theory]
    [MemberData(nameof(BadDeployments))]
    public async Task A_bad_deployment_gets_its_status_and_one_sentence(
        string what, string to, HttpStatusCode status, string named)
    {
        foreach (bool chunked in new[] { false, true })
        {
            using var content = new ByteArrayContent(Content(what));
            using var request = new HttpRequestMessage(HttpMethod.Put, "noodle/v1/" + to) { Content = content };
            request.Headers.TransferEncodingChunked = chunked;
            await AssertRefusedAsync(request, status, named);
        }

        await AssertNothingStayedAsync();
    }

    [Theory]
    [InlineData("sha256:0000000000000000000000000000000000000000000000000000000000000000", "digest")]
    [InlineData("sha256:nothing", "digest")]
    [InlineData("md5:0", "Noodle-Digest")]
    public async Task A_file_that_is_not_the_one_announced_is_refused(string digest, string named)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "noodle/v1/models/m")
        {
            Content = new ByteArrayContent(s_good),
        };
        request.Headers.Add("Noodle-Digest", digest);
        await AssertRefusedAsync(request, HttpStatusCode.BadRequest, named);
        await AssertNothingStayedAsync();
    }

    [Theory]
    [InlineData("GET", "noodle/v1/decisions?limit=0", HttpStatusCode.BadRequest, "limit")]
    [InlineData("GET", "noodle/v1/decisions?limit=10001", HttpStatusCode.BadRequest, "limit")]
    [InlineData("DELETE", "noodle/v1/models/nothing", HttpStatusCode.NotFound, "nothing")]
    public async Task Other_mistakes_get_one_sentence_too(string method, string path, HttpStatusCode status,
        string named)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        await AssertRefusedAsync(request, status, named);
    }

    [Fact]
    public async Task A_foreign_host_name_or_web_origin_reaches_nothing()
    {
        using var foreignHost = new HttpRequestMessage(HttpMethod.Get, "noodle/v1/nodes") { Headers = { Host =
            "evil.example" } };
        await AssertRefusedAsync(foreignHost, HttpStatusCode.Forbidden, "evil.example");
        using var foreignOrigin = new HttpRequestMessage(HttpMethod.Delete, "noodle/v1/models/digits");
        foreignOrigin.Headers.Add("Origin", "https://evil.example");
        await AssertRefusedAsync(foreignOrigin, HttpStatusCode.Forbidden, "evil.example");
    }

    [Fact]
    public async Task An_upload_that_breaks_off_leaves_nothing_behind()
    {
        using var stop = new CancellationTokenSource();
        var halfway = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var content = new StallingContent(s_good[..8_000], halfway, stop.Token);
        using var request = new HttpRequestMessage(HttpMethod.Put, "noodle/v1/models/half") { Content = content };
        Task<HttpResponseMessage> sending = one.Node.Web.SendAsync(request, stop.Token);
        await halfway.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        await Eventually.IsTrueAsync(() => Task.FromResult(Partials().Length == 1), "the file is coming in");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await Eventually.IsTrueAsync(() => Task.FromResult(Partials().Length == 0), "what came in is removed");
        await AssertNothingStayedAsync();
    }

    private static byte[] Content(string what) => what switch
    {
        "good" => s_good,
        "text" => ModelFiles.Text(),
        "truncated" => ModelFiles.Truncated(),
        "large" => new byte[MaxModelBytes + 1],
        _ => [],
    };

    private string[] Partials() => Directory.GetFiles(Path.Combine(one.Node.Information.Folder, "models", "partial"));

    private async Task AssertRefusedAsync(HttpRequestMessage request, HttpStatusCode status, string named)
    {
        using HttpResponseMessage answer = await one.Node.Web.SendAsync(request, Cancel);
        string body = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(status == answer.StatusCode, $"{answer.StatusCode}: {body}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        using JsonDocument json = JsonDocument.Parse(body);
        string sentence = Assert.Single(json.RootElement.EnumerateObject(), member => member.Name == "error")
            .Value.GetString()!;
        Assert.Contains(named, sentence, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', sentence);
        Assert.DoesNotContain("Exception", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(one.Node.Information.Folder, sentence, StringComparison.Ordinal);
    }

    private async Task AssertNothingStayedAsync()
    {
        Assert.Empty(await one.Node.Client.GetModelsAsync(Cancel));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(Directory.GetFiles(one.Node.StorePath, "*", SearchOption.AllDirectories).Length == 0),
            "no file is left of a refused deployment");
    }

    /// <summary>One node for the whole class: after each mistake it must still be up for the next.</summary>
    public sealed class OneNode : IAsyncLifetime
    {
        private readonly TestMesh _mesh = new(multicast: false);

        internal TestNode Node { get; private set; } = null!;

        public async ValueTask InitializeAsync() =>
            Node = await _mesh.AddAsync(options => options with { MaxModelBytes = MaxModelBytes });

        public ValueTask DisposeAsync() => _mesh.DisposeAsync();
    }

    private sealed class StallingContent(byte[] part, TaskCompletionSource halfway, CancellationToken stop)
        : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(part, stop);
            await stream.FlushAsync(stop);
            halfway.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
