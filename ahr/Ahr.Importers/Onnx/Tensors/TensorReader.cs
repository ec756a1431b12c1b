using System.Runtime.InteropServices;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Google.Protobuf.Collections;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>Content of a TensorProto as a tensor in memory.</summary>
/// <remarks>Bound: memory is taken only after the bytes in the file were found to be as many as the shape needs.
/// </remarks>
internal static class TensorReader
{
    private const int InAnotherFile = 1;

    /// <param name="external">Content of tensors that lie in another file; null when there are no other files.</param>
    /// <exception cref="ImportException">It is no tensor.</exception>
    public static TensorValue Read(TensorProto proto, ExternalContent? external = null)
    {
        ElementType type = TypeOf(proto.DataType);
        long[] shape = [.. proto.Dims];
        long count = CountOf(shape);
        if (proto.Segment is not null)
        {
            throw Malformed("its content is in segments, which no version of ONNX has given a meaning");
        }

        if (proto.DataLocation == InAnotherFile)
        {
            return external is null
                ? throw new ImportException(NtirFault.MissingContent, "its content is in another file")
                : external.Read(proto, type, shape, count);
        }

        if (type == ElementType.String)
        {
            if (proto.HasRawData)
            {
                throw Malformed("strings have no raw content");
            }

            CheckCount(proto.StringData.Count, count);
            return TensorValue.FromStrings([.. proto.StringData.Select(item => item.ToByteArray())], shape);
        }

        return proto.HasRawData
            ? FromRaw(proto.RawData.Span, type, shape, count)
            : FromLists(proto, type, shape, count);
    }

    public static ElementType TypeOf(int number) =>
        number != 0 && ElementTypes.All.Contains((ElementType)number)
            ? (ElementType)number
            : throw Malformed($"{number} is no element type");

    /// <summary>Elements of a shape that a tensor can have.</summary>
    public static long CountOf(ReadOnlySpan<long> shape)
    {
        Int128 count = 1;
        bool isEmpty = false;
        foreach (long size in shape)
        {
            if (size < 0)
            {
                throw Malformed($"{Shapes.Text(shape)} is no shape of a tensor");
            }

            isEmpty |= size == 0;
            count = count > int.MaxValue ? count : count * size;
        }

        if (!isEmpty && count > int.MaxValue)
        {
            throw new ImportException(
                NtirFault.TooLarge, $"a tensor of {ShortText(shape)} has more than {int.MaxValue} elements");
        }

        return isEmpty ? 0 : (long)count;
    }

    /// <summary>Bytes that this many elements take in a file.</summary>
    public static long FileBytes(ElementType type, long count) =>
        ((count * ElementTypes.FileBitsOf(type)) + 7) / 8;

    /// <summary>Elements as they stand in files, unpacked to a byte an element where they are smaller.</summary>
    public static TensorValue FromRaw(ReadOnlySpan<byte> raw, ElementType type, long[] shape, long count)
    {
        long expected = FileBytes(type, count);
        if (raw.Length != expected)
        {
            throw Malformed($"{ElementTypes.TextOf(type)} {ShortText(shape)} takes {expected} bytes, " +
                $"{raw.Length} are there");
        }

        TensorValue value = TensorValue.Allocate(type, shape);
        Span<byte> bytes = value.Bytes();
        int bits = ElementTypes.FileBitsOf(type);
        if (bits < 8)
        {
            Unpack(raw, bytes, bits, isSigned: ElementTypes.IsSigned(type));
            return value;
        }

        raw.CopyTo(bytes);
        if (type == ElementType.Bool)
        {
            Normalise(bytes);
        }

        return value;
    }

    private static TensorValue FromLists(TensorProto proto, ElementType type, long[] shape, long count)
    {
        switch (type)
        {
            case ElementType.Float32:
                return Copy<float, float>(proto.FloatData, type, shape, count, 1, item => item);
            case ElementType.Complex64:
                return Copy<float, float>(proto.FloatData, type, shape, count, 2, item => item);
            case ElementType.Float64:
                return Copy<double, double>(proto.DoubleData, type, shape, count, 1, item => item);
            case ElementType.Complex128:
                return Copy<double, double>(proto.DoubleData, type, shape, count, 2, item => item);
            case ElementType.Int64:
                return Copy<long, long>(proto.Int64Data, type, shape, count, 1, item => item);
            case ElementType.UInt64:
                return Copy<ulong, ulong>(proto.Uint64Data, type, shape, count, 1, item => item);
            case ElementType.UInt32:
                return Copy<ulong, uint>(proto.Uint64Data, type, shape, count, 1, item => (uint)item);
            case ElementType.Int32:
                return Copy<int, int>(proto.Int32Data, type, shape, count, 1, item => item);
            case ElementType.Int16 or ElementType.UInt16 or ElementType.Float16 or ElementType.BFloat16:
                return Copy<int, ushort>(proto.Int32Data, type, shape, count, 1, item => (ushort)item);
            case ElementType.Bool:
                return Copy<int, byte>(proto.Int32Data, type, shape, count, 1, item => (byte)(item != 0 ? 1 : 0));
            default:
                return FromBytes(proto.Int32Data, type, shape, count);
        }
    }

    // An element of the list is one byte of the raw form.
    private static TensorValue FromBytes(RepeatedField<int> list, ElementType type, long[] shape, long count)
    {
        CheckCount(list.Count, FileBytes(type, count));
        byte[] raw = new byte[list.Count];
        for (int i = 0; i < raw.Length; i++)
        {
            raw[i] = (byte)list[i];
        }

        return FromRaw(raw, type, shape, count);
    }

    private static TensorValue Copy<TFrom, TTo>(
        RepeatedField<TFrom> list, ElementType type, long[] shape, long count, int perElement, Func<TFrom, TTo> convert)
        where TTo : unmanaged
    {
        CheckCount(list.Count, count * perElement);
        TensorValue value = TensorValue.Allocate(type, shape);
        Span<TTo> elements = MemoryMarshal.Cast<byte, TTo>(value.Bytes());
        for (int i = 0; i < elements.Length; i++)
        {
            elements[i] = convert(list[i]);
        }

        return value;
    }

    private static void CheckCount(long found, long expected)
    {
        if (found != expected)
        {
            throw Malformed($"its shape needs {expected} values, {found} are there");
        }
    }

    private static void Unpack(ReadOnlySpan<byte> packed, Span<byte> elements, int bits, bool isSigned)
    {
        int perByte = 8 / bits;
        int shift = 8 - bits;
        for (int i = 0; i < elements.Length; i++)
        {
            byte atTop = (byte)(packed[i / perByte] << (shift - (i % perByte * bits)));
            elements[i] = isSigned ? (byte)((sbyte)atTop >> shift) : (byte)(atTop >> shift);
        }
    }

    // ONNX says 0 or 1; a kernel may rely on that, a file may not hold to it.
    private static void Normalise(Span<byte> flags)
    {
        foreach (ref byte flag in flags)
        {
            flag = (byte)(flag != 0 ? 1 : 0);
        }
    }

    /// <summary>The sizes, not too many of them.</summary>
    public static string ShortText(ReadOnlySpan<long> shape) =>
        shape.Length <= 16 ? Shapes.Text(shape) : $"rank {shape.Length}";

    private static ImportException Malformed(string detail) => new(NtirFault.Malformed, detail);
}
