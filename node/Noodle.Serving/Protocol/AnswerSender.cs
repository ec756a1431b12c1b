using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Ahr.Runtime;
using Microsoft.AspNetCore.Http;
using Noodle.Serving.Bodies;
using Noodle.Serving.Wire;

namespace Noodle.Serving.Protocol;

/// <summary>Writes the headers and the body of an answer.</summary>
internal static class AnswerSender
{
    private const int MaxReasonLength = 256;
    private const int MaxEngineLength = 64;

    /// <summary>Up to here an answer goes out in one piece; beyond, in pieces that wait for a slow caller.</summary>
    private const int PieceSize = 64 * 1024;

    /// <summary>Says where a call ran and why there; on a fault as well.</summary>
    public static void SetHeaders(IHeaderDictionary headers, InferenceAnswer answer)
    {
        if (!answer.Node.IsNone)
        {
            headers["Noodle-Node"] = answer.Node.ToString();
        }

        if (answer.Engine.Length > 0)
        {
            headers["Noodle-Engine"] = PlainText.CleanAscii(answer.Engine, MaxEngineLength);
        }

        headers["Noodle-Attempts"] = answer.Attempts.ToString(CultureInfo.InvariantCulture);
        if (answer.Decision is { Reason.Length: > 0 } decision)
        {
            headers["Noodle-Reason"] = PlainText.CleanAscii(decision.Reason, MaxReasonLength);
        }

        long microseconds = (long)answer.Compute.TotalMicroseconds;
        headers["Noodle-Compute-Us"] = microseconds.ToString(CultureInfo.InvariantCulture);
    }

    public static async ValueTask SendAsync(
        HttpContext context, EncodedAnswer answer, CancellationToken cancellation)
    {
        HttpResponse response = context.Response;
        response.Headers.XContentTypeOptions = "nosniff";
        if (answer.TensorBytes == 0)
        {
            response.ContentType = "application/json";
        }
        else
        {
            response.ContentType = "application/octet-stream";
            response.Headers[RequestHeaders.HeadLengthName] =
                answer.Json.Length.ToString(CultureInfo.InvariantCulture);
        }

        ContentCoding coding = ContentCodings.Choose(context.Request.Headers.AcceptEncoding);
        if (coding != ContentCoding.Identity)
        {
            response.Headers.ContentEncoding = ContentCodings.NameOf(coding);
            await using Stream packed = ContentCodings.OpenDeflate(coding, response.Body);
            await packed.WriteAsync(answer.Json, cancellation);
            foreach (ReadOnlyMemory<byte> tensor in answer.Tensors)
            {
                await packed.WriteAsync(tensor, cancellation);
            }

            return;
        }

        response.ContentLength = answer.Json.Length + answer.TensorBytes;
        await WriteAsync(response.BodyWriter, answer, cancellation);
    }

    private static async ValueTask WriteAsync(PipeWriter writer, EncodedAnswer answer, CancellationToken cancellation)
    {
        if (answer.Json.Length + answer.TensorBytes <= PieceSize)
        {
            writer.Write(answer.Json.Span);
            foreach (ReadOnlyMemory<byte> tensor in answer.Tensors)
            {
                writer.Write(tensor.Span);
            }

            await writer.FlushAsync(cancellation);
            return;
        }

        if (await WriteAsync(writer, answer.Json, cancellation))
        {
            foreach (ReadOnlyMemory<byte> tensor in answer.Tensors)
            {
                if (!await WriteAsync(writer, tensor, cancellation))
                {
                    return; // nobody reads any more
                }
            }
        }
    }

    private static async ValueTask<bool> WriteAsync(
        PipeWriter writer, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
        {
            int size = Math.Min(PieceSize, bytes.Length);
            FlushResult result = await writer.WriteAsync(bytes[..size], cancellation);
            if (result.IsCompleted)
            {
                return false;
            }

            bytes = bytes[size..];
        }

        return true;
    }
}
