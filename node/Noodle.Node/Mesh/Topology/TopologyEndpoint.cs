using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Noodle.Client.Control;
using NoodleNet.Mesh.Requirements;

namespace Noodle.Node.Mesh.Topology;

/// <summary><c>GET /noodle/v1/mesh?require=EXPRESSION&amp;payload=BYTES</c></summary>
internal static class TopologyEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, Func<TopologyView> view) =>
        routes.MapGet(ControlPaths.Mesh, context => AnswerAsync(context, view()));

    private static Task AnswerAsync(HttpContext context, TopologyView view)
    {
        Requirement? requirement = null;
        if ((string?)context.Request.Query["require"] is { } text)
        {
            requirement = RequirementParser.Parse(text, out RequirementError? error);
            if (error is not null)
            {
                return FailAsync(context, $"require cannot be read. {error.Message}");
            }
        }

        long payload = 0;
        if ((string?)context.Request.Query["payload"] is { } bytes &&
            !long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out payload))
        {
            return FailAsync(context, "payload takes a whole number of bytes, 0 or more.");
        }

        return WriteAsync(context, view.Read(requirement, payload), ControlJson.Default.MeshInfo);
    }

    private static Task FailAsync(HttpContext context, string message)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return WriteAsync(context, new ErrorInfo { Error = message }, ControlJson.Default.ErrorInfo);
    }

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }
}
