using System.Globalization;
using Ahr.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Models;
using static Noodle.Node.Control.ControlAnswer;

namespace Noodle.Node.Control;

/// <summary>The control API under <c>/noodle/v1</c>: what <see cref="ControlPaths"/> promises.</summary>
internal static class ControlEndpoints
{
    private const int DefaultDecisions = 20;

    public static void Map(IEndpointRouteBuilder routes, Func<NodeView> view, Func<Deployments> deployments,
        long maxModelBytes)
    {
        routes.MapGet(ControlPaths.Nodes, context =>
            WriteAsync(context, view().ListNodes(), ControlJson.Default.IReadOnlyListNodeInfo));
        routes.MapGet(ControlPaths.Models, context =>
            WriteAsync(context, view().ListModels(), ControlJson.Default.IReadOnlyListModelInfo));
        routes.MapGet(ControlPaths.Replicas, context =>
            WriteAsync(context, view().ListReplicas(), ControlJson.Default.IReadOnlyListReplicaInfo));
        routes.MapGet(ControlPaths.Tasks, context =>
            WriteAsync(context, view().ListTasks(), ControlJson.Default.IReadOnlyListTaskInfo));
        routes.MapGet(ControlPaths.Decisions, context => ListDecisionsAsync(context, view()));
        routes.MapPut(ControlPaths.Models + "/{name}", context =>
            DeployAsync(context, view(), deployments(), maxModelBytes));
        routes.MapDelete(ControlPaths.Models + "/{name}", context => RemoveAsync(context, deployments()));
    }

    private static Task ListDecisionsAsync(HttpContext context, NodeView view)
    {
        return TryReadNumber(context, "limit", DefaultDecisions, NoodleClient.MaxDecisions, out int limit)
            ? WriteAsync(context, view.ListDecisions(limit), ControlJson.Default.IReadOnlyListDecisionInfo)
            : FailAsync(context, StatusCodes.Status400BadRequest,
                $"limit takes a whole number from 1 to {NoodleClient.MaxDecisions}.");
    }

    private static async Task DeployAsync(HttpContext context, NodeView view, Deployments deployments,
        long maxModelBytes)
    {
        if (!TryReadNumber(context, "replicas", 1, Deployments.MaxReplicas, out int replicas))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest,
                $"replicas takes a whole number from 1 to {Deployments.MaxReplicas}.");
            return;
        }

        if (context.Request.ContentLength > maxModelBytes)
        {
            await FailAsync(context, StatusCodes.Status413PayloadTooLarge,
                $"The model is {context.Request.ContentLength} bytes; this node takes at most {maxModelBytes} " +
                $"(maxModelBytes).");
            return;
        }

        string? digest = context.Request.Headers[NoodleHeaders.Digest];
        const string prefix = "sha256:";
        if (digest is not null && !digest.StartsWith(prefix, StringComparison.Ordinal))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest,
                $"{NoodleHeaders.Digest} is not of the form {prefix}<64 hexadecimal digits>.");
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null; // the store counts, and says it better
        }

        string name = (string)context.Request.RouteValues["name"]!;
        string? backend = context.Request.Query["backend"];
        DeployResult result = await deployments.DeployAsync(
            name, context.Request.Body, replicas, digest?[prefix.Length..],
            string.IsNullOrEmpty(backend) ? ModelKey.DefaultBackend : backend, context.RequestAborted);
        await (result.Model is { } model
            ? WriteAsync(context, view.Describe(model), ControlJson.Default.ModelInfo)
            : FailAsync(context, StatusOf(result.Fault), result.Message));
    }

    private static async Task RemoveAsync(HttpContext context, Deployments deployments)
    {
        DeployResult result = await deployments.RemoveAsync(
            (string)context.Request.RouteValues["name"]!, context.RequestAborted);
        if (result.Fault != DeployFault.None)
        {
            await FailAsync(context, StatusOf(result.Fault), result.Message);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static int StatusOf(DeployFault fault) => fault switch
    {
        DeployFault.Unknown => StatusCodes.Status404NotFound,
        DeployFault.TooLarge => StatusCodes.Status413PayloadTooLarge,
        DeployFault.NodeFault => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    private static bool TryReadNumber(HttpContext context, string name, int otherwise, int most, out int number)
    {
        number = otherwise;
        string? text = context.Request.Query[name];
        return text is null ||
            (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 &&
                number <= most);
    }
}
