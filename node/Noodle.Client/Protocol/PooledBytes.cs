using System.Buffers;

namespace Noodle.Client.Protocol;

/// <summary>Memory rented for one answer; given back once, however often it is disposed.</summary>
internal sealed class PooledBytes : IDisposable
{
    // A body of unknown length starts here and doubles.
    private const int FirstSize = 16 * 1024;

    private byte[]? _rented;
    private int _length;

    private PooledBytes(int size) => _rented = ArrayPool<byte>.Shared.Rent(size);

    /// <summary>What was read.</summary>
    public ReadOnlyMemory<byte> Memory => _rented.AsMemory(0, _length);

    /// <summary>Reads a body to its end.</summary>
    /// <param name="limit">Longest body taken, below <see cref="Array.MaxLength"/>.</param>
    /// <returns>Null when it is longer than <paramref name="limit"/>; nothing stays rented then.</returns>
    /// <exception cref="IOException">The connection was lost.</exception>
    public static async Task<PooledBytes?> ReadAsync(HttpContent content, long limit, CancellationToken cancellation)
    {
        long? announced = content.Headers.ContentLength;
        if (announced > limit)
        {
            return null;
        }

        // One byte more than announced: the read that finds the end needs room, too.
        PooledBytes body = new((int)Math.Min((announced ?? FirstSize) + 1, Array.MaxLength));
        try
        {
            using Stream stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            while (body._length <= limit)
            {
                int read = await stream.ReadAsync(body.Room(), cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    return body;
                }

                body._length += read;
            }

            body.Dispose();
            return null;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _rented, null) is { } rented)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private Memory<byte> Room()
    {
        byte[] rented = _rented!;
        if (_length == rented.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(rented.Length * 2L, Array.MaxLength));
            rented.AsSpan(0, _length).CopyTo(larger);
            _rented = larger;
            ArrayPool<byte>.Shared.Return(rented);
        }

        return _rented.AsMemory(_length);
    }
}
