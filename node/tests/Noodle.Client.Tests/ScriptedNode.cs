using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Noodle.Client.Tests;

/// <summary>A real HTTP server on loopback that answers as a test says, and keeps what it was asked.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedNode(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public static async Task<ScriptedNode> StartAsync(Func<HttpContext, Task> answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        WebApplication app = builder.Build();
        ScriptedNode node = new(app);
        app.Run(async context =>
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            Dictionary<string, string> headers = context.Request.Headers.ToDictionary(
                pair => pair.Key, pair => pair.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            string target = context.Request.Path + context.Request.QueryString;
            node.Requests.Enqueue(new Asked(context.Request.Method, target, headers, body.ToArray()));
            await answer(context);
        });
        await app.StartAsync();
        return node;
    }

    /// <summary>Answers every request with the same JSON.</summary>
    public static Task<ScriptedNode> StartAsync(int status, string json) =>
        StartAsync(context => WriteAsync(context, status, json));

    public static async Task WriteAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json));
    }

    public static async Task WriteBinaryAsync(HttpContext context, string json, params byte[] tensors)
    {
        byte[] head = Encoding.UTF8.GetBytes(json);
        context.Response.Headers[NoodleHeaders.InferenceHeaderLength] = head.Length.ToString();
        context.Response.ContentLength = head.Length + tensors.Length;
        await context.Response.Body.WriteAsync(head);
        await context.Response.Body.WriteAsync(tensors);
    }

    /// <summary>An address where nobody listens: a port that was free a moment ago.</summary>
    public static Uri Nowhere()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://{listener.LocalEndpoint}");
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

internal sealed record Asked(string Method, string Target, Dictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
