using System.Net;
using System.Text.Json;
using Noodle.Client.Control;

namespace Noodle.Client.Protocol;

/// <summary>Turns an answer with an error status into the exception that the caller sees.</summary>
internal static class ErrorAnswer
{
    // A sentence is short; whatever is longer is not one.
    private const int MaxBytes = 64 * 1024;

    /// <exception cref="IOException">The connection was lost.</exception>
    public static async Task<NoodleException> ReadAsync(
        HttpResponseMessage answer, Uri node, CancellationToken cancellation)
    {
        using PooledBytes? body =
            await PooledBytes.ReadAsync(answer.Content, MaxBytes, cancellation).ConfigureAwait(false);
        string? sentence = body is null ? null : ReadSentence(body.Memory.Span);
        NoodleFault fault = answer.StatusCode switch
        {
            HttpStatusCode.BadRequest => NoodleFault.InvalidInput,
            HttpStatusCode.NotFound when sentence is not null => NoodleFault.UnknownModel,
            HttpStatusCode.GatewayTimeout => NoodleFault.DeadlineExceeded,
            HttpStatusCode.ServiceUnavailable => NoodleFault.Unavailable,
            HttpStatusCode.InternalServerError => NoodleFault.RunFailed,
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError when sentence is not null =>
                NoodleFault.Refused,
            _ => NoodleFault.BadAnswer,
        };
        return new NoodleException(
            fault,
            sentence ?? $"{node.GetLeftPart(UriPartial.Authority)} answered with status {(int)answer.StatusCode} " +
                "and no reason; check that a Noodle node listens there.",
            answer.StatusCode);
    }

    private static string? ReadSentence(ReadOnlySpan<byte> body)
    {
        try
        {
            string? sentence = JsonSerializer.Deserialize(body, ControlJson.Default.ErrorInfo)?.Error;
            return string.IsNullOrWhiteSpace(sentence) ? null : sentence;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
