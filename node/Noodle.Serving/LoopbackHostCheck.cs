using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Noodle.Serving.Protocol;

namespace Noodle.Serving;

/// <summary>Keeps web pages from reaching a node through the browser of whoever runs it.</summary>
internal sealed class LoopbackHostCheck(RequestDelegate next, LogLimit limit, ILogger<LoopbackHostCheck> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (context.Connection.LocalIpAddress is { } local && IsLoopback(local) && !IsLoopbackName(request.Host.Host))
        {
            string host = PlainText.Clean(request.Host.Value ?? "");
            if (limit.TryTake(out long suppressed))
            {
                Log.ForeignHost(logger, host, suppressed);
            }

            return ErrorBody.WriteAsync(context, new Refusal(RequestFault.Forbidden,
                $"host '{host}' is not a name of this machine's loopback; call 127.0.0.1 or localhost"));
        }

        if (ChangesSomething(request.Method) && request.Headers.Origin is { Count: > 0 } origin &&
            !IsSameOrigin(request, origin))
        {
            string name = PlainText.Clean(origin.ToString());
            if (limit.TryTake(out long suppressed))
            {
                Log.ForeignOrigin(logger, name, suppressed);
            }

            return ErrorBody.WriteAsync(context, new Refusal(RequestFault.Forbidden,
                $"requests from the web origin '{name}' are not served; call without an Origin header"));
        }

        return next(context);
    }

    /// <summary>True for localhost and for loopback addresses in their one usual spelling.</summary>
    internal static bool IsLoopbackName(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        // An address cannot be rebound; an unusual spelling of one has no honest sender.
        ReadOnlySpan<char> name = host is ['[', .., ']'] ? host.AsSpan(1, host.Length - 2) : host;
        return IPAddress.TryParse(name, out IPAddress? address) && IsLoopback(address) &&
            name.SequenceEqual(address.ToString());
    }

    private static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static bool ChangesSomething(string method) =>
        !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method));

    private static bool IsSameOrigin(HttpRequest request, StringValues origin) =>
        origin.Count == 1 &&
        string.Equals(origin[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
}
