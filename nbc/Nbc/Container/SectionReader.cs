using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>
/// Reads what <see cref="SectionWriter"/> writes; after its first fault it gives nothing but zeros.
/// </summary>
/// <remarks>Bound: no list has more items than there are bytes left, so that memory follows the file's size.</remarks>
/// <param name="memory">The whole file.</param>
public unsafe class SectionReader(ForeignMemory memory)
{
    private long _at;
    private long _end;

    /// <summary>What is wrong first; null while nothing is.</summary>
    public string? Fault { get; private set; }

    /// <summary>Where the fault was noticed. Unit: bytes from the start of the file.</summary>
    public long FaultAt { get; private set; }

    /// <summary>Whether all bytes of the section are read.</summary>
    public bool IsAtEnd => _at == _end;

    /// <summary>Bytes of the section that are not read yet.</summary>
    public long Left => _end - _at;

    /// <summary>Goes on at another section.</summary>
    public void Enter(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, memory.Length - length);
        (_at, _end) = (offset, offset + length);
    }

    /// <summary>Keeps the first fault.</summary>
    public void Fail(string fault)
    {
        if (Fault is null)
        {
            (Fault, FaultAt) = (fault, _at);
        }

        _at = _end;
    }

    /// <summary>So many bytes, in place; none after a fault.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Left || count > int.MaxValue)
        {
            Fail($"{count} bytes are expected, {Left} are left");
            return [];
        }

        ReadOnlySpan<byte> taken = new(memory.Pointer + _at, (int)count);
        _at += count;
        return taken;
    }

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1) is [byte value] ? value : (byte)0;

    /// <summary>A number as <see cref="SectionWriter.Unsigned"/> writes it.</summary>
    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && Fault is null; shift += 7)
        {
            byte next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return Fault is null ? value : 0;
            }
        }

        Fail("a number of more than 64 bits");
        return 0;
    }

    /// <summary>A number as <see cref="SectionWriter.Signed"/> writes it.</summary>
    public long Signed()
    {
        ulong value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>The number of items that follow, each at least one byte long.</summary>
    public int Count()
    {
        ulong value = Unsigned();
        if (value > (ulong)Math.Min(Left, int.MaxValue))
        {
            Fail($"{value} items in {Left} bytes");
        }

        return Fault is null ? (int)value : 0;
    }

    /// <summary>Eight bytes, the lowest first.</summary>
    public double Double() =>
        Take(sizeof(double)) is { Length: sizeof(double) } bytes ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : 0;

    /// <summary>A length and as many bytes.</summary>
    public byte[] Bytes() => Take(Count()).ToArray();

    /// <summary>A length and as many bytes of UTF-8.</summary>
    public string Utf8Text()
    {
        ReadOnlySpan<byte> bytes = Take(Count());
        if (!Utf8.IsValid(bytes))
        {
            Fail("a text is not UTF-8");
            return "";
        }

        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Whether something is so: 0 or 1.</summary>
    public bool Flag()
    {
        byte value = Byte();
        if (value > 1)
        {
            Fail($"{value} is neither 0 nor 1");
        }

        return value == 1;
    }

    /// <summary>An element type.</summary>
    /// <param name="orUndefined">Whether it may be that of nothing known.</param>
    public ElementType Element(bool orUndefined = false)
    {
        ElementType type = (ElementType)Byte();
        if (ElementTypes.TextOf(type) == "undefined" && !(orUndefined && type == ElementType.Undefined))
        {
            Fail($"{(int)type} is no element type");
        }

        return Fault is null ? type : ElementType.Undefined;
    }

    /// <summary>The number of items, then each.</summary>
    public List<T> List<T>(Func<T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        int count = Count();
        List<T> items = new(Math.Min(count, 1024)); // a broken list is noticed before it takes memory
        for (int i = 0; i < count && Fault is null; i++)
        {
            items.Add(read());
        }

        return items;
    }

    /// <summary>Attributes; names must be in their order.</summary>
    public KernelAttributes Attributes(Func<string> name, Func<TensorValue> tensor)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tensor);
        List<KeyValuePair<string, AttributeValue>> pairs = List(() =>
            new KeyValuePair<string, AttributeValue>(name(), Attribute(tensor)));
        for (int i = 1; i < pairs.Count; i++)
        {
            if (string.CompareOrdinal(pairs[i - 1].Key, pairs[i].Key) >= 0)
            {
                Fail("attributes are not in the order of their names");
            }
        }

        return pairs.Count == 0 ? KernelAttributes.None : new KernelAttributes(pairs);
    }

    /// <summary>The strings of a tensor; fewer after a fault.</summary>
    public byte[][] Strings(long count)
    {
        if (count > Left)
        {
            Fail($"{count} strings in {Left} bytes");
        }

        List<byte[]> strings = [];
        while (strings.Count < count && Fault is null)
        {
            strings.Add(Bytes());
        }

        return [.. strings];
    }

    private AttributeValue Attribute(Func<TensorValue> tensor)
    {
        byte kind = Byte();
        switch ((AttributeKind)kind)
        {
            case AttributeKind.Int: return Signed();
            case AttributeKind.Float: return Double();
            case AttributeKind.Text: return AttributeValue.FromText(Bytes());
            case AttributeKind.Ints: return List(Signed).ToArray();
            case AttributeKind.Floats: return List(Double).ToArray();
            case AttributeKind.Texts: return AttributeValue.FromTexts([.. List(Bytes)]);
            case AttributeKind.Tensor: return tensor();
            case AttributeKind.Tensors: return AttributeValue.FromTensors([.. List(tensor)]);
            default:
                Fail($"{kind} is no kind of attribute");
                return 0L;
        }
    }
}
