using System.Net;
using System.Net.Sockets;
using Ahr.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Nbc.Runtime.Resources;
using Noodle.Node.Control;
using Noodle.Node.Mesh.Topology;
using Noodle.Node.Hosting;
using Noodle.Node.Options;
using Noodle.Node.Trust;
using Noodle.Primitives;
using Noodle.Serving;

namespace Noodle.Node;

/// <summary>Puts a node into an application: one of its own, or any ASP.NET Core application.</summary>
public static class NodeHost
{
    private const int MaxWaiters = 4_096;

    // The host would watch the folder of the program for settings files that no node reads.
    private static readonly string[] s_hostSettings = ["--hostBuilder:reloadConfigOnChange=false"];

    /// <summary>An application that is a node and nothing else; it binds its HTTP port at once.</summary>
    /// <exception cref="PortInUseException">The HTTP port asked for is in use.</exception>
    public static WebApplication Build(NodeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Socket listener = PortBinder.BindHttp(IPAddress.Loopback, options.HttpPort, NodeOptions.DefaultHttpPort);
        var endpoint = (IPEndPoint)listener.LocalEndPoint!;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                ApplicationName = "noodle", ContentRootPath = AppContext.BaseDirectory, Args = s_hostSettings,
            });
        builder.Host.UseSystemd().UseWindowsService();
        builder.Logging.ClearProviders()
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None) // who starts it tells of it, once
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Default;
            });
        builder.Services.Configure<ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.Configure<SocketTransportOptions>(
            transport => transport.CreateBoundListenSocket = _ => listener);
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, endpoint));
        builder.Services.Configure<HostOptions>(
            host => host.ShutdownTimeout = options.DrainTimeout + TimeSpan.FromSeconds(10));
        builder.Services.AddNoodle(options, new Uri($"http://{endpoint}/"));
        builder.Services.AddSingleton(_ => listener);
        WebApplication app = builder.Build();
        app.Services.GetRequiredService<Socket>(); // from here on the application closes it, started or not
        app.UseLoopbackHostCheck();
        app.MapNoodle();
        return app;
    }

    /// <summary>Adds a node. The application serves its HTTP API, at <paramref name="http"/>.</summary>
    public static IServiceCollection AddNoodle(this IServiceCollection services, NodeOptions options, Uri http)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(http);
        services.AddSingleton(options);
        services.AddSingleton(new HttpAddress(http));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => CreateResources(options, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<IResourceAccount>(provider => provider.GetRequiredService<ResourceManager>().Root);
        services.AddSingleton<NodeRuntime>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeRuntime>());
        services.AddSingleton<INodeInformation>(provider => provider.GetRequiredService<NodeRuntime>());
        services.AddSingleton<IInferenceService>(provider => provider.GetRequiredService<NodeRuntime>());
        services.AddSingleton<IModelCatalog>(provider => provider.GetRequiredService<NodeRuntime>());
        services.AddNoodleServing();
        services.Configure<ServingOptions>(serving =>
        {
            serving.MaxBodyBytes = (int)options.MaxRequestBytes;
            serving.MaxBufferedBytes = options.MaxBufferBytes;
        });
        return services;
    }

    /// <summary>Serves the Open Inference Protocol under <c>/v2</c> and the control API under
    /// <c>/noodle/v1</c>.</summary>
    public static IEndpointRouteBuilder MapNoodle(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        NodeRuntime node = routes.ServiceProvider.GetRequiredService<NodeRuntime>();
        NodeOptions options = routes.ServiceProvider.GetRequiredService<NodeOptions>();
        ControlEndpoints.Map(routes, () => node.View, () => node.Deployments, options.MaxModelBytes);
        TrustEndpoints.Map(routes, () => node.Trust);
        TopologyEndpoint.Map(routes, () => node.Topology);
        EventEndpoints.Map(routes, () => node.Events);
        routes.MapInferenceProtocol();
        return routes;
    }

    private static void Configure(KestrelServerOptions kestrel, IPEndPoint endpoint)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // each endpoint has its own limit
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(10));
        kestrel.Listen(endpoint, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private static ResourceManager CreateResources(NodeOptions options, ILoggerFactory logs)
    {
        ILogger log = logs.CreateLogger<ResourceManager>();
        return new ResourceManager("node", MaxWaiters, (ResourceKind.Memory, options.MaxBufferBytes))
        {
            Leaked = leak => Log.ResourceLeaked(log, leak.Owner, leak.Amount, leak.Kind),
        };
    }
}
