using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Noodle.Primitives;
using Noodle.Serving.Bodies;
using Noodle.Serving.Protocol;

namespace Noodle.Serving;

/// <summary>Puts the Open Inference Protocol v2 into an ASP.NET application.</summary>
public static class ServingExtensions
{
    /// <summary>Adds what <see cref="MapInferenceProtocol"/> needs.</summary>
    /// <remarks>
    /// The application brings <c>IInferenceService</c> and <c>IModelCatalog</c>, and an <see cref="IResourceAccount"/>
    /// when memory should be counted in it. Settings are read from <c>Noodle:Serving</c>.
    /// </remarks>
    public static IServiceCollection AddNoodleServing(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting();
        services.AddOptions<ServingOptions>().BindConfiguration("Noodle:Serving").ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ServingOptions>, ServingOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LogLimit>();
        services.TryAddSingleton(CreateBudget);
        services.TryAddSingleton<InferEndpoint>();
        services.TryAddSingleton<InferenceProtocol>();
        return services;
    }

    /// <summary>Serves everything under <c>/v2</c>; what it does not know there is a 404 in the protocol's
    /// form.</summary>
    /// <exception cref="InvalidOperationException"><see cref="AddNoodleServing"/> was not called.</exception>
    public static IEndpointConventionBuilder MapInferenceProtocol(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        InferenceProtocol protocol = endpoints.ServiceProvider.GetService<InferenceProtocol>()
            ?? throw new InvalidOperationException("Call services.AddNoodleServing() before MapInferenceProtocol().");
        return endpoints.Map("/v2/{**rest}", protocol.HandleAsync).WithDisplayName("Open Inference Protocol v2");
    }

    /// <summary>On a loopback address, lets only requests through that were meant for this machine.</summary>
    /// <remarks>
    /// Meaning: a request that arrives on a loopback address must name localhost or a loopback address as its Host
    /// (DNS rebinding brings other names); one that changes something must not carry a foreign Origin, on any address.
    /// Others get 403. Put it before all routes.
    /// </remarks>
    public static IApplicationBuilder UseLoopbackHostCheck(this IApplicationBuilder application)
    {
        ArgumentNullException.ThrowIfNull(application);
        application.ApplicationServices.GetRequiredService<LogLimit>(); // fails now, not at the first request
        return application.UseMiddleware<LoopbackHostCheck>();
    }

    private static BufferBudget CreateBudget(IServiceProvider services)
    {
        long limit = services.GetRequiredService<IOptions<ServingOptions>>().Value.MaxBufferedBytes;
        IResourceAccount? account = services.GetService<IResourceAccount>();
        return new BufferBudget(limit, account?.OpenChild("serving", (ResourceKind.Memory, limit)));
    }
}
