using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Ahr.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Noodle.Primitives;
using Noodle.Serving.Bodies;

namespace Noodle.Serving.Tests;

/// <summary>Kestrel on a free loopback port, with the echo models behind it.</summary>
internal sealed class ServingHost : IAsyncDisposable
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;

    private ServingHost(WebApplication application, EchoService echo)
    {
        _application = application;
        Echo = echo;
        Address = new Uri(application.Urls.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = Bound };
    }

    public EchoService Echo { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public long BytesHeld => _application.Services.GetRequiredService<BufferBudget>().InUse;

    public static async Task<ServingHost> StartAsync(
        Action<ServingOptions>? configure = null, IResourceAccount? account = null, string prefix = "")
    {
        var echo = new EchoService();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IInferenceService>(echo).AddSingleton<IModelCatalog>(echo).AddNoodleServing();
        builder.Services.Configure<ServingOptions>(options => options.ServerVersion = "1.2.3");
        if (configure is not null)
        {
            builder.Services.Configure(configure);
        }

        if (account is not null)
        {
            builder.Services.AddSingleton(account);
        }

        WebApplication application = builder.Build();
        application.UseLoopbackHostCheck();
        application.MapGroup(prefix).MapInferenceProtocol();
        await application.StartAsync();
        return new ServingHost(application, echo);
    }

    /// <summary>Posts JSON without a Content-Type, as stock clients do.</summary>
    public Task<Reply> InferAsync(string model, string json, params (string Name, string Value)[] headers) =>
        InferAsync(model, Encoding.UTF8.GetBytes(json), headers);

    public Task<Reply> InferAsync(string model, byte[] body, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, $"/v2/models/{model}/infer", body, headers);

    public async Task<Reply> SendAsync(
        HttpMethod method, string path, byte[]? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
        }

        foreach ((string name, string value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                Assert.True(request.Content!.Headers.TryAddWithoutValidation(name, value));
            }
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return new Reply(
            response.StatusCode, await response.Content.ReadAsByteArrayAsync(), response.Headers,
                response.Content.Headers);
    }

    /// <summary>Sends bytes as they are and reads until the server closes, or until <paramref name="until"/>
    /// came.</summary>
    /// <param name="bodyAfter">The body waits until this came; null to send it at once.</param>
    public async Task<string> SendRawAsync(
        string head, byte[]? body = null, string? until = null, string? bodyAfter = null)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head));
        var reply = new StringBuilder();
        if (bodyAfter is not null)
        {
            await ReadAsync(stream, reply, bodyAfter).WaitAsync(Bound);
        }

        await stream.WriteAsync(body ?? []);
        await ReadAsync(stream, reply, until).WaitAsync(Bound);
        return reply.ToString();
    }

    private static async Task ReadAsync(NetworkStream stream, StringBuilder reply, string? until)
    {
        byte[] buffer = new byte[4096];
        while (until is null || !reply.ToString().Contains(until, StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer);
            if (read == 0)
            {
                return;
            }

            reply.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _application.DisposeAsync();
    }
}

/// <summary>What came back.</summary>
internal sealed record Reply(
    HttpStatusCode Status, byte[] Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The sentence of an error; fails when the body has another form.</summary>
    public string Error
    {
        get
        {
            using JsonDocument json = JsonDocument.Parse(Body);
            JsonProperty only = Assert.Single(json.RootElement.EnumerateObject());
            Assert.Equal("error", only.Name);
            return only.Value.GetString()!;
        }
    }

    public string? Header(string name) =>
        Headers.TryGetValues(name, out IEnumerable<string>? values) || ContentHeaders.TryGetValues(name, out values)
            ? string.Join(",", values)
            : null;
}
