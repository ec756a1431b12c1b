using System.Net;
using System.Net.Http.Headers;

namespace Noodle.Client.Protocol;

/// <summary>A file as the body of a request: streamed, read once, left open.</summary>
internal sealed class UploadContent : HttpContent
{
    private const int ChunkBytes = 128 * 1024;

    private readonly Stream _file;

    public UploadContent(Stream file)
    {
        _file = file;
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _file.CopyToAsync(stream, ChunkBytes, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = _file.CanSeek ? _file.Length - _file.Position : 0;
        return _file.CanSeek;
    }
}
