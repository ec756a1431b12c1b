using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Noodle.Client.Control;
using Noodle.Node.Control;

namespace Noodle.Node.Trust;

/// <summary>The control API of trust: what <see cref="TrustPaths"/> promises.</summary>
/// <remarks>
/// Host and Origin are checked for every route of the node. Answers that hold a secret forbid every cache.
/// Bound: bodies of at most 4 KiB.
/// </remarks>
internal static class TrustEndpoints
{
    private const int MaxBodyBytes = 4096;
    private const string DefaultRole = "operator";
    private const string NoCache = "no-store";

    public static void Map(IEndpointRouteBuilder routes, Func<TrustControl> control)
    {
        routes.MapGet(TrustPaths.Trust, context =>
            WriteAsync(context, control().Describe(), TrustJson.Default.TrustInfo));
        routes.MapGet(TrustPaths.Tokens, context =>
            WriteAsync(context, control().ListTokens(), TrustJson.Default.IReadOnlyListTokenInfo));
        routes.MapPost(TrustPaths.Tokens, context => CreateTokenAsync(context, control()));
        routes.MapDelete(TrustPaths.Tokens + "/{id}", context =>
            EndAsync(context, control().RevokeToken(Name(context, "id"))));
        routes.MapPost(TrustPaths.Revocations + "/{node}", context =>
            EndAsync(context, control().RevokeNode(Name(context, "node"))));
        routes.MapGet(TrustPaths.GossipKeys, context =>
            WriteAsync(context, control().DescribeKeys(), TrustJson.Default.GossipKeysInfo));
        routes.MapPost(TrustPaths.GossipKeys, context =>
            AnswerAsync(context, control().RotateKeys(), TrustJson.Default.GossipKeysInfo));
        routes.MapGet(TrustPaths.Admissions, context =>
            WriteAsync(context, control().ListWaiting(), TrustJson.Default.IReadOnlyListWaitingInfo));
        routes.MapPost(TrustPaths.Admissions, context => AdmitAsync(context, control()));
    }

    private static async Task CreateTokenAsync(HttpContext context, TrustControl control)
    {
        if (await ReadAsync(context, TrustJson.Default.NewToken) is { } asked)
        {
            var lifetime = TimeSpan.FromSeconds(long.Clamp(asked.TtlSeconds, 0, int.MaxValue));
            await AnswerAsync(context, control.CreateToken(lifetime, asked.Uses, asked.Role ?? DefaultRole),
                TrustJson.Default.NewTokenInfo);
        }
    }

    private static async Task AdmitAsync(HttpContext context, TrustControl control)
    {
        if (await ReadAsync(context, TrustJson.Default.NewAdmission) is { } asked)
        {
            await AnswerAsync(
                context,
                await control.AdmitAsync(
                    asked.Node, asked.Fingerprint, asked.Role ?? DefaultRole, context.RequestAborted),
                TrustJson.Default.AdmittedInfo);
        }
    }

    private static string Name(HttpContext context, string value) => (string)context.Request.RouteValues[value]!;

    private static async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } read)
            {
                return read;
            }
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException)
        {
            // told below
        }

        await FailAsync(context, StatusCodes.Status400BadRequest, "The body is not the JSON that is expected.");
        return null;
    }

    private static Task EndAsync(HttpContext context, TrustResult<object> result)
    {
        if (result.Refusal != TrustRefusal.None)
        {
            return FailAsync(context, StatusOf(result.Refusal), result.Message);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task AnswerAsync<T>(HttpContext context, TrustResult<T> result, JsonTypeInfo<T> type)
        where T : class => result.Value is { } value
            ? WriteAsync(context, value, type)
            : FailAsync(context, StatusOf(result.Refusal), result.Message);

    private static int StatusOf(TrustRefusal refusal) => refusal switch
    {
        TrustRefusal.Invalid => StatusCodes.Status400BadRequest,
        TrustRefusal.NotAdmin => StatusCodes.Status403Forbidden,
        TrustRefusal.Unknown => StatusCodes.Status404NotFound,
        _ => StatusCodes.Status409Conflict,
    };

    private static Task FailAsync(HttpContext context, int status, string message)
    {
        context.Response.Headers.CacheControl = NoCache;
        return ControlAnswer.FailAsync(context, status, message);
    }

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.Headers.CacheControl = NoCache;
        return ControlAnswer.WriteAsync(context, value, type);
    }
}
