using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Noodle.Client;
using Noodle.Client.Control;
using Noodle.Node.Health;
using static Noodle.Node.Control.ControlAnswer;

namespace Noodle.Node.Control;

/// <summary><c>GET events</c>: a page of them, after a wait where there are none yet; or, for who accepts
/// <c>text/event-stream</c>, all of them as they happen.</summary>
/// <remarks>Bound: <see cref="MeshEventLog.MaxWaiters"/> wait or stream at once, the next is answered 503; a silent
/// stream gets a comment every <see cref="KeepAlive"/>, so that both ends see whether the other is there.</remarks>
internal static class EventEndpoints
{
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private const string StreamType = "text/event-stream";

    public static void Map(IEndpointRouteBuilder routes, Func<MeshEventLog> events) =>
        routes.MapGet(ControlPaths.Events, context => ServeAsync(context, events()));

    private static async Task ServeAsync(HttpContext context, MeshEventLog events)
    {
        if (!TryRead(context, "since", long.MaxValue, 0, out long since) ||
            !TryRead(context, "life", long.MaxValue, 0, out long life) ||
            !TryRead(context, "limit", NoodleClient.MaxEvents, NoodleClient.MaxEvents, out long limit) || limit == 0 ||
            !TryRead(context, "wait", (long)NoodleClient.LongestEventWait.TotalMilliseconds, 0, out long waitMs))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest,
                "since and life take whole numbers from 0, limit one from 1 to " + NoodleClient.MaxEvents +
                ", wait one of milliseconds up to " + (long)NoodleClient.LongestEventWait.TotalMilliseconds + ".");
            return;
        }

        using IDisposable? place = events.TryEnter();
        if (place is null)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable,
                $"{MeshEventLog.MaxWaiters} clients wait for events of this node already; try again later.");
            return;
        }

        // A stopping node waits for its calls: one that waits for events is not worth waiting for.
        IHostApplicationLifetime node = context.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted, node.ApplicationStopping);
        try
        {
            await (context.Request.Headers.Accept.ToString().Contains(StreamType, StringComparison.OrdinalIgnoreCase)
                ? StreamAsync(context, events, since, life, stop.Token)
                : WriteAsync(
                    context,
                    await events.ReadAsync(since, life, (int)limit, TimeSpan.FromMilliseconds(waitMs), stop.Token),
                    ControlJson.Default.EventPage));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // either end has gone; a page that was waited for ends without an answer
            if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "This node is stopping.");
            }
        }
    }

    private static async Task StreamAsync(
        HttpContext context, MeshEventLog events, long since, long life, CancellationToken cancellation)
    {
        string[] last = context.Request.Headers["Last-Event-ID"].ToString().Split('.');
        if (last is [var lifeText, var sequenceText] && TryParse(lifeText, out long ofLife) &&
            TryParse(sequenceText, out long sequence))
        {
            (life, since) = (ofLife, sequence); // a browser that comes back
        }

        context.Response.ContentType = StreamType;
        context.Response.Headers.CacheControl = "no-cache";
        await context.Response.Body.FlushAsync(cancellation);
        while (true)
        {
            EventPage page = await events.ReadAsync(since, life, NoodleClient.MaxEvents, KeepAlive, cancellation);
            await context.Response.Body.WriteAsync(Render(page), cancellation);
            await context.Response.Body.FlushAsync(cancellation);
            (since, life) = (page.Last, page.Life);
        }
    }

    private static byte[] Render(EventPage page)
    {
        var text = new StringBuilder();
        if (page.Missed > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"event: missed\ndata: {page.Missed}\n\n");
        }

        foreach (EventInfo each in page.Events)
        {
            string json = JsonSerializer.Serialize(each, ControlJson.Default.EventInfo); // holds no line break
            text.Append(CultureInfo.InvariantCulture,
                $"id: {page.Life}.{each.Sequence}\nevent: {each.Kind}\ndata: {json}\n\n");
        }

        return Encoding.UTF8.GetBytes(text.Length == 0 ? ": nothing yet\n\n" : text.ToString());
    }

    private static bool TryRead(HttpContext context, string name, long most, long otherwise, out long number)
    {
        number = otherwise;
        string? text = context.Request.Query[name];
        return text is null || (TryParse(text, out number) && number <= most);
    }

    private static bool TryParse(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
