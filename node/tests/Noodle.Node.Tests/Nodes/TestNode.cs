using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Control;
using Noodle.Node.Options;
using Noodle.Node.Programs;

namespace Noodle.Node.Tests.Nodes;

/// <summary>One real node.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestNode(WebApplication app, NodeOptions options)
    {
        _app = app;
        Options = options;
        Information = app.Services.GetRequiredService<INodeInformation>();
        Id = Information.Id.ToString();
        Http = Information.Http;
        Client = new NoodleClient([Http]);
        Web = new HttpClient { BaseAddress = Http };
    }

    public NodeOptions Options { get; }

    public INodeInformation Information { get; }

    public string Id { get; }

    public Uri Http { get; }

    /// <summary>Asks this node alone.</summary>
    public NoodleClient Client { get; }

    public HttpClient Web { get; }

    public bool IsRunning { get; private set; } = true;

    public string StorePath => Path.Combine(Information.Folder, "models", "sha256");

    public NodeView View => _app.Services.GetRequiredService<NodeRuntime>().View;

    public ProgramMail Programs => _app.Services.GetRequiredService<NodeRuntime>().Programs;

    public IServiceProvider Services => _app.Services;

    /// <param name="mayDial">False for an address closes the direct way to it.</param>
    /// <param name="time">Another clock than the system's.</param>
    public static async Task<TestNode> StartAsync(
        NodeOptions options, Func<IPEndPoint, bool>? mayDial = null, TimeProvider? time = null)
    {
        WebApplication app = time is null ? NodeHost.Build(options) : BuildWith(options, time);
        try
        {
            app.Services.GetRequiredService<NodeRuntime>().MayDial = mayDial;
            await app.StartAsync();
            return new TestNode(app, options);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static WebApplication BuildWith(NodeOptions options, TimeProvider time)
    {
        var http = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(time);
        builder.Services.AddNoodle(options, http);
        builder.WebHost.UseUrls(http.ToString());
        WebApplication app = builder.Build();
        app.MapNoodle();
        return app;
    }

    /// <summary>Living nodes, each connected to this one.</summary>
    public int CountConnected() => View.ListNodes().Count(
        node => node.State == NodeStates.Alive && (node.Self || node.RoundTripUs is not null));

    public string StateOf(string id) => View.ListNodes().SingleOrDefault(node => node.Id == id)?.State ?? "unknown";

    public int CountReady(string model) => ReadyAt(model).Count();

    public IEnumerable<string> ReadyAt(string model) => View.ListReplicas()
        .Where(replica => replica.Model == model && replica.State == ReplicaStates.Ready).Select(replica =>
            replica.Node);

    public bool HasFile(string digest) => File.Exists(Path.Combine(StorePath, digest[..2], digest));

    /// <summary>As Ctrl-C does.</summary>
    public async Task StopAsync()
    {
        IsRunning = false;
        await _app.StopAsync();
        await DisposeAsync();
    }

    /// <summary>Without a goodbye.</summary>
    public async ValueTask DisposeAsync()
    {
        IsRunning = false;
        Client.Dispose();
        Web.Dispose();
        await _app.DisposeAsync();
    }
}
