using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;

namespace Noodle.Serving.Wire;

/// <summary>Collects bytes in pooled memory.</summary>
/// <remarks>
/// Bound: the limit given; past it <see cref="Overflowed"/> is set and what was written is dropped, so that a caller
/// checks once at the end (or now and then in a long loop).
/// </remarks>
internal sealed class PooledWriter(int limit) : IDisposable
{
    private const int FirstSize = 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _length;

    /// <summary>More was written than the limit allows; the content is of no use.</summary>
    public bool Overflowed { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _length);

    /// <summary>Room for at least <paramref name="size"/> bytes.</summary>
    public Span<byte> GetSpan(int size)
    {
        if (size > _buffer.Length - _length)
        {
            Grow(size);
        }

        return _buffer.AsSpan(_length);
    }

    public void Advance(int count)
    {
        Debug.Assert(count <= _buffer.Length - _length, "more than GetSpan gave");
        _length += count;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    public void Write(long number)
    {
        bool fits = number.TryFormat(GetSpan(24), out int written, default, null);
        Debug.Assert(fits, "a long has at most 20 characters");
        Advance(written);
    }

    /// <summary>Writes a JSON string.</summary>
    /// <param name="utf8">Valid UTF-8.</param>
    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        Write("\""u8);
        while (!utf8.IsEmpty)
        {
            // The relaxed encoder leaves quotes of names readable; answers are never put into a page (nosniff).
            JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(
                utf8, GetSpan(Math.Min(utf8.Length, 4096) + 16), out int consumed, out int written);
            Advance(written);
            utf8 = utf8[consumed..];
        }

        Write("\""u8);
    }

    /// <inheritdoc cref="WriteString(ReadOnlySpan{byte})"/>
    public void WriteString(string text)
    {
        const int Small = 256;
        if (text.Length <= Small)
        {
            Span<byte> utf8 = stackalloc byte[Small * 3];
            WriteString(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
        }
        else
        {
            WriteString(Encoding.UTF8.GetBytes(text));
        }
    }

    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Grow(int size)
    {
        if (size > limit - _length)
        {
            Overflowed = true;
            _length = 0;
        }

        if (size > _buffer.Length - _length)
        {
            int wanted = (int)Math.Min(Array.MaxLength, Math.Max((long)_length + size, _buffer.Length * 2L));
            byte[] larger = ArrayPool<byte>.Shared.Rent(wanted);
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
