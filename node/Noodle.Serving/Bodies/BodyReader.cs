using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Noodle.Serving.Protocol;

namespace Noodle.Serving.Bodies;

/// <summary>A request body in memory, or why it is not there.</summary>
internal readonly record struct BodyResult(ReadOnlyMemory<byte> Body, Refusal? Refusal);

/// <summary>Reads a whole request body into pooled memory, inflating it where it is packed.</summary>
/// <remarks>
/// Content-Type is not looked at: stock clients send none. Memory follows what has really arrived, not what
/// Content-Length promises, beyond the first megabyte.
/// Bound: <paramref name="maxBytes"/> before and after inflating; the time is the caller's (cancellation).
/// </remarks>
internal sealed class BodyReader(HttpContext context, RequestMemory memory, int maxBytes)
{
    private const int FirstSize = 4096;
    private const int TrustedSize = 1024 * 1024;

    private static readonly Refusal s_full = new(
        RequestFault.Unavailable, "this server holds as many request bytes as it may; try again later");

    private byte[] _buffer = [];
    private int _length;

    public async ValueTask<BodyResult> ReadAsync(CancellationToken cancellation)
    {
        HttpRequest request = context.Request;
        if (!ContentCodings.TryParse(request.Headers.ContentEncoding, out ContentCoding coding))
        {
            string name = PlainText.Clean(request.Headers.ContentEncoding.ToString());
            return Refuse(new Refusal(
                RequestFault.Unsupported, $"content coding '{name}' is not supported; use gzip, deflate or none"));
        }

        if (request.ContentLength > maxBytes)
        {
            return Refuse(TooLarge($"is {request.ContentLength} bytes"));
        }

        int first = (int)Math.Clamp(request.ContentLength ?? FirstSize, 1, TrustedSize);
        if (!memory.TryRent(first, out byte[]? buffer))
        {
            return Refuse(s_full);
        }

        _buffer = buffer;
        try
        {
            Refusal? refusal = coding == ContentCoding.Identity
                ? await ReadPlainAsync(request.BodyReader, cancellation)
                : await InflateAsync(coding, request.BodyReader, cancellation);
            return refusal is null ? new BodyResult(_buffer.AsMemory(0, _length), null) : Refuse(refusal);
        }
        catch (InvalidDataException)
        {
            return Refuse(Refusal.Invalid($"the body is not {ContentCodings.NameOf(coding)} data"));
        }
        catch (BadHttpRequestException broken)
        {
            bool slow = broken.StatusCode == StatusCodes.Status408RequestTimeout;
            return Refuse(slow
                ? new Refusal(RequestFault.TooSlow, "the body did not arrive in time")
                : Refusal.Invalid("the body ended early, or its chunks are malformed"));
        }
    }

    private async ValueTask<Refusal?> ReadPlainAsync(PipeReader reader, CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellation);
            ReadOnlySequence<byte> arrived = result.Buffer;
            Refusal? refusal = MakeRoom(arrived.Length);
            if (refusal is null)
            {
                arrived.CopyTo(_buffer.AsSpan(_length));
                _length += (int)arrived.Length;
            }

            reader.AdvanceTo(arrived.End);
            if (refusal is not null || result.IsCompleted)
            {
                return refusal;
            }
        }
    }

    private async ValueTask<Refusal?> InflateAsync(
        ContentCoding coding, PipeReader reader, CancellationToken cancellation)
    {
        await using Stream plain = ContentCodings.OpenInflate(coding, reader.AsStream(leaveOpen: true));
        while (true)
        {
            if (MakeRoom(1) is { } refusal && refusal.Fault != RequestFault.TooLarge)
            {
                return refusal;
            }

            if (_length == maxBytes)
            {
                byte[] more = new byte[1];
                return await plain.ReadAsync(more, cancellation) == 0
                    ? null
                    : TooLarge($"inflates to more than {maxBytes} bytes");
            }

            int room = Math.Min(_buffer.Length, maxBytes) - _length;
            int read = await plain.ReadAsync(_buffer.AsMemory(_length, room), cancellation);
            _length += read;
            if (read == 0)
            {
                return null;
            }
        }
    }

    private Refusal? MakeRoom(long size)
    {
        if (size > maxBytes - _length)
        {
            return TooLarge($"is more than {maxBytes} bytes");
        }

        if (size <= _buffer.Length - _length)
        {
            return null;
        }

        int wanted = (int)Math.Min(maxBytes, Math.Max(_length + size, _buffer.Length * 2L));
        return memory.TryGrow(ref _buffer, _length, wanted) ? null : s_full;
    }

    private Refusal TooLarge(string what) => new(
        RequestFault.TooLarge, $"the body {what}, this server takes at most {maxBytes}");

    private BodyResult Refuse(Refusal refusal)
    {
        // What is left of the body is not read: the connection ends with the answer.
        context.Response.Headers.Connection = "close";
        return new BodyResult(default, refusal);
    }
}
