using System.Net;
using System.Net.Http.Headers;

namespace Noodle.Client.Protocol;

/// <summary>A file as the body of a request: streamed, left open.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int ChunkBytes = 128 * 1024;

    private readonly Stream _file;
    private readonly long _start;
    private bool _begun;

    public UploadContent(Stream file)
    {
        _file = file;
        _start = file.CanSeek ? file.Position : 0;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The handler may begin again on a fresh connection; half a file must never be sent for a whole one.
        if (_begun)
        {
            _file.Position = _start;
        }

        _begun = true;
        return _file.CopyToAsync(stream, ChunkBytes, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _file.CanSeek ? _file.Length - _start : 0;
        return _file.CanSeek;
    }
}
