using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Nbc.Tensors;

namespace Noodle.Serving.Wire;

/// <summary>Decodes the <c>data</c> array of one input straight into a tensor's memory.</summary>
/// <remarks>
/// Shape: flat, or nested evenly. Nested as deep as the tensor's rank, its lengths must be the tensor's; nested to
/// another depth, only the number of elements counts, as other servers do it.
/// Special values: NaN, Infinity and -Infinity, bare, for FP32 and FP64.
/// Bound: nesting of <see cref="InferHead.MaxDataDepth"/>; memory is the target's.
/// Cost: one pass, no allocation; a string with escapes is read twice.
/// </remarks>
internal ref struct DataReader(ElementType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> json, Span<byte> target)
{
    private static readonly SearchValues<byte> s_tokenEnds = SearchValues.Create(",[]\" \t\r\n"u8);

    private readonly ReadOnlySpan<long> _shape = shape;
    private readonly ReadOnlySpan<byte> _json = json;
    private readonly Span<byte> _target = target;
    private readonly int _size = ElementTypes.SizeOf(type);
    private int _at;
    private int _depth;
    private int _leafDepth;
    private long _read;

    /// <summary>Bytes of the target in use.</summary>
    public int Written { get; private set; }

    /// <summary>Decodes everything.</summary>
    /// <returns>What is wrong, as the end of a sentence that begins with the input; null when nothing is.</returns>
    public string? Read(long count)
    {
        Span<long> counts = stackalloc long[InferHead.MaxDataDepth + 1];
        Span<long> lengths = stackalloc long[InferHead.MaxDataDepth + 1];
        lengths.Fill(-1);
        while (true)
        {
            string? fault = Peek() == (byte)'[' ? Open(counts) : ReadElement(counts, count);
            if (fault is not null)
            {
                return fault;
            }

            if (_json[_at - 1] == (byte)'[' && Peek() != (byte)']')
            {
                continue; // the first value of the array that was just opened
            }

            while (Peek() == (byte)']')
            {
                fault = Close(counts, lengths);
                if (fault is not null || _depth == 0)
                {
                    return fault ?? CheckWhole(count, lengths);
                }
            }

            if (Peek() != (byte)',')
            {
                return Malformed();
            }

            _at++;
        }
    }

    /// <summary>Where a JSON string ends that begins before <paramref name="text"/>; -1 when it does not.</summary>
    internal static int FindStringEnd(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (true)
        {
            int step = text[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0)
            {
                return -1;
            }

            at += step;
            if (text[at] == (byte)'"')
            {
                return at;
            }

            at += 2;
            if (at >= text.Length)
            {
                return -1;
            }
        }
    }

    private byte Peek()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            _at++;
        }

        return _at < _json.Length ? _json[_at] : (byte)0;
    }

    private string? Open(scoped Span<long> counts)
    {
        if (_leafDepth > 0 && _depth + 1 > _leafDepth)
        {
            return "mixes arrays and elements";
        }

        Debug.Assert(_depth < InferHead.MaxDataDepth, "TrySkipData counted the depth");
        counts[++_depth] = 0;
        _at++;
        return null;
    }

    private string? Close(scoped Span<long> counts, scoped Span<long> lengths)
    {
        long length = counts[_depth];
        if (lengths[_depth] >= 0 && lengths[_depth] != length)
        {
            return $"is nested unevenly: arrays of {lengths[_depth]} and of {length} side by side";
        }

        lengths[_depth--] = length;
        counts[_depth]++;
        _at++;
        return null;
    }

    private string? ReadElement(scoped Span<long> counts, long count)
    {
        Debug.Assert(_depth > 0, "the data begins with a bracket");
        if (_leafDepth == 0)
        {
            _leafDepth = _depth;
        }
        else if (_leafDepth != _depth)
        {
            return "mixes arrays and elements";
        }

        if (_read == count)
        {
            return $"has more than the {count} elements of its shape";
        }

        counts[_depth]++;
        string? fault = type == ElementType.String ? ReadString() : ReadScalar();
        _read++;
        return fault;
    }

    private string? ReadScalar()
    {
        int length = _json[_at..].IndexOfAny(s_tokenEnds);
        ReadOnlySpan<byte> token = length < 0 ? _json[_at..] : _json.Slice(_at, length);
        switch (JsonScalars.Read(type, token, _target.Slice(Written, _size)))
        {
            case ScalarFault.None:
                _at += token.Length;
                Written += _size;
                return null;
            case ScalarFault.OutOfRange:
                return $"element {_read} is {Show(token)}, which {ElementTypes.NameOf(type)} cannot hold";
            default:
                return token.IsEmpty && Peek() != (byte)'"'
                    ? Malformed()
                    : $"element {_read} is {(token.IsEmpty ? "a string" : Show(token))}, " +
                        $"which is not {ElementTypes.NameOf(type)}";
        }
    }

    private string? ReadString()
    {
        if (_json[_at] != (byte)'"')
        {
            return $"element {_read} is not a string";
        }

        int length = FindStringEnd(_json[(_at + 1)..]);
        Debug.Assert(length >= 0, "TrySkipData found the end of every string");
        ReadOnlySpan<byte> raw = _json.Slice(_at + 1, length);
        Span<byte> text = _target[(Written + sizeof(uint))..];
        if (raw.Contains((byte)'\\'))
        {
            length = Unescape(_json.Slice(_at, length + 2), text);
        }
        else
        {
            length = raw.IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0 ? -1 : raw.Length;
            raw.CopyTo(text);
        }

        if (length < 0)
        {
            return $"element {_read} is not a valid JSON string";
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_target[Written..], (uint)length);
        Written += sizeof(uint) + length;
        _at += raw.Length + 2;
        return null;
    }

    private static int Unescape(ReadOnlySpan<byte> quoted, Span<byte> target)
    {
        try
        {
            var reader = new Utf8JsonReader(quoted);
            reader.Read();
            return reader.CopyString(target);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return -1; // an unknown escape, or half of a surrogate pair
        }
    }

    private readonly string? CheckWhole(long count, scoped ReadOnlySpan<long> lengths)
    {
        if (_read != count)
        {
            return $"has {_read} elements, its shape has {count}";
        }

        int depth = lengths[1..].IndexOf(-1);
        ReadOnlySpan<long> nested = lengths.Slice(1, depth < 0 ? InferHead.MaxDataDepth : depth);
        return nested.Length > 1 && nested.Length == _shape.Length && !nested.SequenceEqual(_shape)
            ? $"is nested as [{string.Join(", ", nested.ToArray())}], not as its shape"
            : null;
    }

    private readonly string Malformed() => $"is malformed near its byte {_at}";

    private static string Show(ReadOnlySpan<byte> token) =>
        PlainText.Clean(Encoding.UTF8.GetString(token[..Math.Min(token.Length, 40)]));
}
