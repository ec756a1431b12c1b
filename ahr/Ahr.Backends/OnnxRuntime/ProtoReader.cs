namespace Ahr.Backends.OnnxRuntime;

/// <summary>Reads protobuf fields from a file without loading it: what nobody asks for is passed over.</summary>
/// <remarks>
/// Meaning: after the first fault <see cref="IsFaulty"/> stays true and reads give nothing: callers check once.
/// Bound: nothing is allocated beyond <see cref="LongestText"/>; each step moves on, so a file of n bytes ends after n.
/// </remarks>
internal sealed class ProtoReader(Stream stream)
{
    public const int LongestText = 4_096;

    private long _position;

    /// <summary>True when the bytes are not protobuf or end inside a field.</summary>
    public bool IsFaulty { get; private set; }

    /// <summary>Length of the whole file.</summary>
    public long Length { get; } = stream.Length;

    /// <summary>Reads the next field's number and kind; false at <paramref name="end"/> or on a fault.</summary>
    public bool TryReadField(long end, out int number, out int kind)
    {
        number = kind = 0;
        if (IsFaulty || _position >= end)
        {
            IsFaulty |= _position > end;
            return false;
        }

        ulong tag = ReadVarint();
        number = (int)Math.Min(tag >> 3, int.MaxValue);
        kind = (int)(tag & 7);
        IsFaulty |= number == 0 || kind is 3 or 4 or 6 or 7;
        return !IsFaulty;
    }

    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = IsFaulty ? -1 : stream.ReadByte();
            if (next < 0)
            {
                break;
            }

            _position++;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        IsFaulty = true;
        return 0;
    }

    /// <summary>Enters a length-delimited field; returns where it ends.</summary>
    public long ReadEnd(long outerEnd)
    {
        ulong length = ReadVarint();
        if (IsFaulty || length > (ulong)(outerEnd - _position))
        {
            IsFaulty = true;
            return _position;
        }

        return _position + (long)length;
    }

    /// <summary>Reads text; longer text than <see cref="LongestText"/> is a fault.</summary>
    public string ReadText(long outerEnd)
    {
        long end = ReadEnd(outerEnd);
        if (IsFaulty || end - _position > LongestText)
        {
            IsFaulty = true;
            return "";
        }

        byte[] bytes = new byte[end - _position];
        IsFaulty = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length;
        _position = end;
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Passes over the value of a field.</summary>
    public void Skip(int kind, long outerEnd)
    {
        switch (kind)
        {
            case 0:
                ReadVarint();
                break;
            case 1:
                SeekTo(_position + sizeof(ulong), outerEnd);
                break;
            case 5:
                SeekTo(_position + sizeof(uint), outerEnd);
                break;
            default:
                SeekTo(ReadEnd(outerEnd), outerEnd);
                break;
        }
    }

    /// <summary>Treats the rest of the file as faulty.</summary>
    public void Refuse() => IsFaulty = true;

    private void SeekTo(long position, long outerEnd)
    {
        IsFaulty |= position > outerEnd;
        if (!IsFaulty)
        {
            stream.Seek(position - _position, SeekOrigin.Current);
            _position = position;
        }
    }
}
