using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Noodle.Client.Control;
using NoodleNet.Mesh.Requirements;
using static Noodle.Node.Control.ControlAnswer;

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
                return FailAsync(context, StatusCodes.Status400BadRequest,
                    $"require cannot be read. {error.Message}");
            }
        }

        long payload = 0;
        if ((string?)context.Request.Query["payload"] is { } bytes &&
            !long.TryParse(bytes, NumberStyles.None, CultureInfo.InvariantCulture, out payload))
        {
            return FailAsync(
                context, StatusCodes.Status400BadRequest, "payload takes a whole number of bytes, 0 or more.");
        }

        return WriteAsync(context, view.Read(requirement, payload), ControlJson.Default.MeshInfo);
    }
}
