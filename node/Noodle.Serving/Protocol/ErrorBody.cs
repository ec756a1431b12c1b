using System.Text;
using Microsoft.AspNetCore.Http;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>Writes <c>{"error": "…"}</c>, the one form in which the protocol tells what went wrong.</summary>
internal static class ErrorBody
{
    private const int MaxSentence = 1024;

    public static Task WriteAsync(HttpContext context, Refusal refusal)
    {
        HttpResponse response = context.Response;
        response.StatusCode = refusal.Status;
        using var json = new PooledWriter(8 * MaxSentence);
        json.Write("{\"error\":"u8);
        json.WriteString(Encoding.UTF8.GetBytes(PlainText.Clean(refusal.Sentence, MaxSentence)));
        json.Write("}"u8);
        return JsonBody.WriteAsync(context, json);
    }
}

/// <summary>Sends a small piece of JSON with its length.</summary>
internal static class JsonBody
{
    public static Task WriteAsync(HttpContext context, PooledWriter json)
    {
        HttpResponse response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = json.Written.Length;
        response.Headers.XContentTypeOptions = "nosniff";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        // Copied before this returns: the caller gives the writer back.
        json.Written.Span.CopyTo(response.BodyWriter.GetSpan(json.Written.Length));
        response.BodyWriter.Advance(json.Written.Length);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }
}
