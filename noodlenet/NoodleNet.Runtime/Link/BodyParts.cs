namespace NoodleNet.Runtime.Link;

/// <summary>The bytes of an outgoing body, taken in order from the caller's memory.</summary>
internal struct BodyParts
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>>? _parts;
    private ReadOnlyMemory<byte> _current;
    private int _next;

    public BodyParts(IReadOnlyList<ReadOnlyMemory<byte>> parts) => _parts = parts;

    public BodyParts(ReadOnlyMemory<byte> part) => _current = part;

    /// <summary>Bytes of all parts; asked before the first is taken.</summary>
    public readonly long GetLength()
    {
        long length = _current.Length;
        for (int i = 0; i < _parts?.Count; i++)
        {
            length += _parts[i].Length;
        }

        return length;
    }

    /// <summary>Copies the next bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            Advance();
            int take = int.Min(destination.Length, _current.Length);
            if (take == 0)
            {
                throw new InvalidOperationException("A body changed while it was sent.");
            }

            _current.Span[..take].CopyTo(destination);
            _current = _current[take..];
            destination = destination[take..];
        }
    }

    /// <summary>Bytes that lie in one piece from here.</summary>
    public int Contiguous()
    {
        Advance();
        return _current.Length;
    }

    /// <summary>Takes bytes without copying them; they lie in one piece.</summary>
    public ReadOnlyMemory<byte> Take(int length)
    {
        ReadOnlyMemory<byte> taken = _current[..length];
        _current = _current[length..];
        return taken;
    }

    private void Advance()
    {
        while (_current.IsEmpty && _parts is not null && _next < _parts.Count)
        {
            _current = _parts[_next++];
        }
    }
}
