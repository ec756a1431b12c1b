using System.Buffers.Binary;
using System.Globalization;
using Nbc.Tensors;

namespace Ahr.Ntir.Binary;

/// <summary>Reads the fields of a section; after its first fault it gives nothing but zeros.</summary>
/// <remarks>Bound: no list has more items than there are bytes left, so that memory follows the file's size.</remarks>
/// <param name="memory">The whole file.</param>
internal sealed unsafe class FieldReader(byte* memory)
{
    private long _at;
    private long _end;

    /// <summary>Null while nothing is wrong.</summary>
    public Diagnostic? Fault { get; private set; }

    public bool IsAtEnd => _at == _end;

    /// <summary>Goes on at another section.</summary>
    public void Enter(long offset, long length) => (_at, _end) = (offset, offset + length);

    public void Fail(string detail, NtirFault fault = NtirFault.Malformed)
    {
        Fault ??= new Diagnostic(fault, string.Create(CultureInfo.InvariantCulture, $"byte {_at}"), detail);
        _at = _end;
    }

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _end - _at || count > int.MaxValue)
        {
            Fail($"{count} bytes are expected, {_end - _at} are left");
            return [];
        }

        ReadOnlySpan<byte> taken = new(memory + _at, (int)count);
        _at += count;
        return taken;
    }

    public byte Byte() => Take(1) is [byte value] ? value : (byte)0;

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

    public long Signed()
    {
        ulong value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number below a limit; 0 after a fault.</summary>
    public int Below(long limit, string what)
    {
        ulong value = Unsigned();
        if (Fault is null && value >= (ulong)Math.Min(limit, int.MaxValue))
        {
            Fail($"there is no {what} {value}, only {limit}");
        }

        return Fault is null ? (int)value : 0;
    }

    /// <summary>The number of items that follow, each at least one byte long.</summary>
    public int Count()
    {
        ulong value = Unsigned();
        if (Fault is null && value > (ulong)Math.Min(_end - _at, int.MaxValue))
        {
            Fail($"{value} items in {_end - _at} bytes");
        }

        return Fault is null ? (int)value : 0;
    }

    public double Double() =>
        Take(sizeof(double)) is { Length: sizeof(double) } bytes ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : 0;

    public byte[] Bytes() => Take(Count()).ToArray();

    /// <summary>An element type, that of nothing known among them.</summary>
    public ElementType Element()
    {
        ElementType type = (ElementType)Byte();
        if (type != ElementType.Undefined && ElementTypes.TextOf(type) == "undefined")
        {
            Fail($"{(int)type} is no element type");
        }

        return Fault is null ? type : ElementType.Undefined;
    }

    public List<T> List<T>(Func<T> read)
    {
        int count = Count();
        List<T> items = new(Math.Min(count, 1024)); // a broken list is noticed before it takes memory
        for (int i = 0; i < count && Fault is null; i++)
        {
            items.Add(read());
        }

        return items;
    }
}
