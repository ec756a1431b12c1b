using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>Reads one item of a list.</summary>
internal delegate T ReadItem<T>(ref ContainerReader reader);

/// <summary>Reads the fields of one section; after its first fault it gives nothing but zeros.</summary>
/// <remarks>Bound: no list has more items than there are bytes left, so that memory follows the file's size.</remarks>
internal ref struct ContainerReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>What is wrong; null when nothing is.</summary>
    public string? Fault { get; private set; }

    public readonly bool IsAtEnd => _left.IsEmpty;

    public void Fail(string fault)
    {
        Fault ??= fault;
        _left = [];
    }

    public byte Byte() => Take(1) is [byte value] ? value : (byte)0;

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > _left.Length)
        {
            Fail($"{count} bytes are expected, {_left.Length} are left");
            return [];
        }

        ReadOnlySpan<byte> taken = _left[..(int)count];
        _left = _left[(int)count..];
        return taken;
    }

    public ulong Unsigned()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Byte();
            if (shift == 63 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
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

    /// <summary>A signed number of 32 bits.</summary>
    public int Int32()
    {
        long value = Signed();
        if (value is < int.MinValue or > int.MaxValue)
        {
            Fail($"{value} is more than 32 bits");
        }

        return Fault is null ? (int)value : 0;
    }

    /// <summary>A length of 63 bits.</summary>
    public long Length()
    {
        ulong value = Unsigned();
        if (value > long.MaxValue)
        {
            Fail($"{value} is no length");
        }

        return Fault is null ? (long)value : 0;
    }

    /// <summary>The number of items that follow, each at least one byte long.</summary>
    public int Count()
    {
        ulong value = Unsigned();
        if (value > (ulong)_left.Length)
        {
            Fail($"{value} items in {_left.Length} bytes");
        }

        return Fault is null ? (int)value : 0;
    }

    public double Double() =>
        Take(sizeof(double)) is { Length: sizeof(double) } bytes ? BinaryPrimitives.ReadDoubleLittleEndian(bytes) : 0;

    public byte[] Bytes() => Take(Count()).ToArray();

    public string Text()
    {
        ReadOnlySpan<byte> bytes = Take(Count());
        if (!Utf8.IsValid(bytes))
        {
            Fail("a text is not UTF-8");
            return "";
        }

        return Encoding.UTF8.GetString(bytes);
    }

    public T[] List<T>(ReadItem<T> read)
    {
        int count = Count();
        List<T> items = new(Math.Min(count, 1024)); // a broken list is noticed before it takes memory
        for (int i = 0; i < count && Fault is null; i++)
        {
            items.Add(read(ref this));
        }

        return [.. items];
    }

    public ImmutableArray<T> Array<T>(ReadItem<T> read) => ImmutableArray.Create(List(read));

    public NbcScalar Scalar()
    {
        byte kind = Byte();
        switch ((ScalarKind)kind)
        {
            case ScalarKind.Null: return NbcScalar.Null;
            case ScalarKind.Int: return Signed();
            case ScalarKind.Float: return Double();
            case ScalarKind.Bool: return Flag();
            case ScalarKind.Text: return Text();
            default:
                Fail($"{kind} is no kind of scalar");
                return default;
        }
    }

    public bool Flag()
    {
        byte value = Byte();
        if (value > 1)
        {
            Fail($"{value} is neither 0 nor 1");
        }

        return value == 1;
    }

    public NbcType Type(int depth = 0)
    {
        byte kind = Byte();
        if (depth == NbcType.MaxDepth || kind > (byte)NbcValueKind.Map)
        {
            Fail(depth == NbcType.MaxDepth ? "types are nested too deep" : $"{kind} is no kind of value");
        }

        if (Fault is not null)
        {
            return NbcType.Any;
        }

        switch ((NbcValueKind)kind)
        {
            case NbcValueKind.Tensor:
                ElementType element = Element();
                int rank = Count() - 1;
                long[]? sizes = rank < 0 ? null : new long[rank];
                for (int i = 0; i < rank; i++)
                {
                    sizes![i] = Signed();
                }

                return new NbcType(NbcValueKind.Tensor, element, sizes);
            case NbcValueKind.Sequence: return NbcType.Sequence(Type(depth + 1));
            case NbcValueKind.Optional: return NbcType.Optional(Type(depth + 1));
            case NbcValueKind.Map: return NbcType.Map(Element(), Type(depth + 1));
            default: return NbcType.Any;
        }
    }

    public ElementType Element()
    {
        ElementType type = (ElementType)Byte();
        if (ElementTypes.TextOf(type) == "undefined")
        {
            Fail($"{(int)type} is no element type");
        }

        return type;
    }

    /// <summary>A shape whose elements are at most 2^31 - 1.</summary>
    public long[] Shape(out long count)
    {
        int rank = Count();
        if (rank > NbcType.MaxRank)
        {
            Fail($"{rank} dimensions");
            rank = 0;
        }

        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = Length();
        }

        if (!Tensors.Tensor.TryCount(shape, out count) || count > int.MaxValue)
        {
            Fail($"{Shapes.Text(shape)} is no shape");
            count = 0;
        }

        return shape;
    }

    public KernelAttributes Attributes()
    {
        KeyValuePair<string, AttributeValue>[] pairs = List((ref ContainerReader reader) =>
            new KeyValuePair<string, AttributeValue>(reader.Text(), reader.Attribute()));
        for (int i = 1; i < pairs.Length; i++)
        {
            if (string.CompareOrdinal(pairs[i - 1].Key, pairs[i].Key) >= 0)
            {
                Fail("attributes are not in the order of their names");
            }
        }

        return pairs.Length == 0 ? KernelAttributes.None : new KernelAttributes(pairs);
    }

    /// <summary>The strings of a tensor.</summary>
    public byte[][] Strings(long count)
    {
        if (count > _left.Length)
        {
            Fail($"{count} strings in {_left.Length} bytes");
            return [];
        }

        byte[][] strings = new byte[count][];
        for (int i = 0; i < strings.Length; i++)
        {
            strings[i] = Bytes();
        }

        return strings;
    }

    private AttributeValue Attribute()
    {
        byte kind = Byte();
        switch ((AttributeKind)kind)
        {
            case AttributeKind.Int: return Signed();
            case AttributeKind.Float: return Double();
            case AttributeKind.Text: return AttributeValue.FromText(Bytes());
            case AttributeKind.Ints: return List((ref ContainerReader reader) => reader.Signed());
            case AttributeKind.Floats: return List((ref ContainerReader reader) => reader.Double());
            case AttributeKind.Texts:
                return AttributeValue.FromTexts(List((ref ContainerReader reader) => reader.Bytes()));
            case AttributeKind.Tensor: return Tensor();
            case AttributeKind.Tensors:
                return AttributeValue.FromTensors(List((ref ContainerReader reader) => reader.Tensor()));
            default:
                Fail($"{kind} is no kind of attribute");
                return 0L;
        }
    }

    private TensorValue Tensor()
    {
        ElementType type = Element();
        long[] shape = Shape(out long count);
        if (Fault is null && type == ElementType.String && Strings(count) is { } strings && Fault is null)
        {
            return TensorValue.FromStrings(strings, shape);
        }

        ReadOnlySpan<byte> data = Take(count * ElementTypes.SizeOf(type));
        return Fault is null
            ? TensorValue.From(ElementType.UInt8, data, data.Length).Viewed(type, shape)
            : new TensorValue();
    }
}

/// <summary>The bytes of a tensor under another type.</summary>
internal static class TensorViews
{
    public static TensorValue Viewed(this TensorValue bytes, ElementType type, long[] shape)
    {
        TensorValue view = new();
        view.ResetView(bytes, 0, type, shape);
        bytes.Release();
        return view;
    }
}
