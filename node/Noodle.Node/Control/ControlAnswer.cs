using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Noodle.Client.Control;

namespace Noodle.Node.Control;

/// <summary>How every route of the control API answers: one JSON document, or an error that is one.</summary>
internal static class ControlAnswer
{
    public static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, type);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }

    /// <param name="message">A sentence: what is wrong, and the way out.</param>
    public static Task FailAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ErrorInfo { Error = message }, ControlJson.Default.ErrorInfo);
    }
}
