using Ahr.Runtime;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>Answers every request below <c>/v2</c>.</summary>
internal sealed class InferenceProtocol(
    IModelCatalog catalog,
    InferEndpoint infer,
    IOptions<ServingOptions> options,
    LogLimit limit,
    ILogger<InferenceProtocol> logger)
{
    private const int MaxMetadataBytes = 1024 * 1024;

    public async Task HandleAsync(HttpContext context)
    {
        string rest = context.GetRouteValue("rest") as string ?? "";
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        ProtocolRoute route = ProtocolRoute.Parse(rest, target);
        string path = PlainText.Clean(target, 256);
        try
        {
            Refusal? refusal = CheckMethod(context, route.Kind) ?? await AnswerAsync(context, route);
            if (refusal is not null)
            {
                Log.RequestRefused(logger, path, refusal.Status, refusal.Sentence);
                await ErrorBody.WriteAsync(context, refusal);
            }
        }
        catch (Exception gone) when (context.RequestAborted.IsCancellationRequested &&
            gone is OperationCanceledException or IOException or BadHttpRequestException)
        {
            Log.CallerGone(logger, path);
        }
        catch (Exception error)
        {
            if (limit.TryTake(out long suppressed))
            {
                Log.RequestFailed(logger, error, path, suppressed);
            }

            await TellFailureAsync(context);
        }
    }

    private static Refusal? CheckMethod(HttpContext context, RouteKind kind)
    {
        string method = context.Request.Method;
        if (kind == RouteKind.Unknown)
        {
            return new Refusal(RequestFault.NotFound,
                "Not Found: the Open Inference Protocol has nothing at this path");
        }

        bool allowed = kind == RouteKind.Infer
            ? HttpMethods.IsPost(method)
            : HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        if (allowed)
        {
            return null;
        }

        string wanted = kind == RouteKind.Infer ? "POST" : "GET";
        context.Response.Headers.Allow = kind == RouteKind.Infer ? "POST" : "GET, HEAD";
        return new Refusal(
            RequestFault.MethodNotAllowed, $"Method Not Allowed: {PlainText.Clean(method, 32)}; use {wanted}");
    }

    private async ValueTask<Refusal?> AnswerAsync(HttpContext context, ProtocolRoute route)
    {
        DeployedModel? model = null;
        if (route.Kind is RouteKind.Model or RouteKind.ModelReady or RouteKind.Infer)
        {
            if (!ModelNames.IsValid(route.Model) || !catalog.TryGet(route.Model, out model))
            {
                return Refusal.UnknownModel(route.Model);
            }

            if (route.Version is { } version && version != PlainVersion(model))
            {
                return Refusal.UnknownModel(model.Name, version);
            }
        }

        if (route.Kind == RouteKind.Infer)
        {
            return await infer.AnswerAsync(context, model!);
        }

        using var json = new PooledWriter(MaxMetadataBytes);
        if (Describe(json, route.Kind, model) is { } refusal)
        {
            return refusal;
        }

        await JsonBody.WriteAsync(context, json);
        return null;
    }

    private Refusal? Describe(PooledWriter json, RouteKind kind, DeployedModel? model)
    {
        switch (kind)
        {
            case RouteKind.Live:
                json.Write("{\"live\":true}"u8);
                return null;
            case RouteKind.Ready:
                json.Write("{\"ready\":true}"u8);
                foreach (DeployedModel deployed in catalog.List())
                {
                    if (!Metadata.IsReady(catalog, deployed))
                    {
                        return NotReady(deployed);
                    }
                }

                return null;
            case RouteKind.Model:
                Metadata.WriteModel(json, model!);
                return null;
            case RouteKind.ModelReady:
                Metadata.WriteModelReady(json, model!);
                return Metadata.IsReady(catalog, model!) ? null : NotReady(model!);
            default:
                Metadata.WriteServer(json, options.Value);
                return null;
        }
    }

    private static Refusal NotReady(DeployedModel model) => new(
        RequestFault.Unavailable, $"model '{model.Name}' is not ready: no node has it loaded yet");

    private static string PlainVersion(DeployedModel model) =>
        model.Version.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static async ValueTask TellFailureAsync(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            context.Abort(); // a cut answer must not look like a whole one
            return;
        }

        context.Response.Clear();
        await ErrorBody.WriteAsync(
            context, new Refusal(RequestFault.Failed, "this server failed on the request; its log says more"));
    }
}
