using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Nbc.Tensors;

namespace Noodle.Cli.Inputs;

/// <summary>Reads NumPy's <c>.npy</c> format, versions 1 to 3, in C order and little-endian.</summary>
/// <remarks>
/// Strings ('S' and 'U') become BYTES: without the zeros that NumPy pads them with, 'U' as UTF-8.
/// Source: numpy.lib.format.
/// </remarks>
internal static partial class NpyReader
{
    private const int MaxHeaderBytes = 64 * 1024;

    private static readonly Dictionary<string, ElementType> s_types = new(StringComparer.Ordinal)
    {
        ["b1"] = ElementType.Bool, ["i1"] = ElementType.Int8, ["u1"] = ElementType.UInt8,
        ["i2"] = ElementType.Int16, ["u2"] = ElementType.UInt16, ["f2"] = ElementType.Float16,
        ["i4"] = ElementType.Int32, ["u4"] = ElementType.UInt32, ["f4"] = ElementType.Float32,
        ["i8"] = ElementType.Int64, ["u8"] = ElementType.UInt64, ["f8"] = ElementType.Float64,
    };

    /// <exception cref="InputException">It is damaged, or not what the input takes.</exception>
    public static Tensor Read(InputSource source, TensorSpec spec)
    {
        (string header, ReadOnlyMemory<byte> data) = Split(source);
        string descr = Descr().Match(header) is { Success: true } match
            ? match.Groups[1].Value
            : throw Damaged(source, "holds records or has no dtype; save a plain array");
        if (!FortranOrder().IsMatch(header))
        {
            throw Damaged(source, "is in Fortran order; save numpy.ascontiguousarray(x)");
        }

        long[] shape = ReadShape(source, header);
        if (!Tensor.TryCount(shape, out long count))
        {
            throw Damaged(source, "has a shape beyond all memory; save it again");
        }

        ReadOnlyMemory<byte> bytes = Convert(source, descr, count, data, out ElementType type);
        if (type != spec.Type)
        {
            throw new InputException($"{source.Label} holds {ElementTypes.NameOf(type)}, input {spec} takes " +
                $"{ElementTypes.NameOf(spec.Type)}; save it with x.astype('{NumPyName(spec.Type)}').");
        }

        Tensor tensor = new(spec.Name, type, ShapeFit.Fit(source, spec, shape), bytes);
        return tensor.TryValidate(out string? fault)
            ? tensor
            : throw new InputException($"{source.Label} is damaged: {fault}; save it again.");
    }

    private static (string Header, ReadOnlyMemory<byte> Data) Split(InputSource source)
    {
        ReadOnlySpan<byte> bytes = source.Bytes.Span;
        if (bytes.Length < 12 || bytes[6] is 0 or > 3)
        {
            throw Damaged(source, "is not of .npy version 1, 2 or 3; save it with a current NumPy");
        }

        int start = bytes[6] == 1 ? 10 : 12;
        long length = bytes[6] == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (length > MaxHeaderBytes || start + length > bytes.Length)
        {
            throw Damaged(source, "is cut off in its header; save it again");
        }

        int end = start + (int)length;
        return (Encoding.UTF8.GetString(bytes[start..end]), source.Bytes[end..]);
    }

    private static long[] ReadShape(InputSource source, string header)
    {
        Match match = Shape().Match(header);
        List<long> shape = [];
        foreach (string size in match.Groups[1].Value.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            shape.Add(long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
                ? value
                : throw Damaged(source, "has no shape that can be read; save it again"));
        }

        return match.Success ? [.. shape] : throw Damaged(source, "has no shape; save it again");
    }

    private static ReadOnlyMemory<byte> Convert(
        InputSource source, string descr, long count, ReadOnlyMemory<byte> data, out ElementType type)
    {
        type = ElementType.Undefined;
        if (descr.StartsWith('>'))
        {
            throw Damaged(source, $"is big-endian ('{descr}'); save it with x.astype(x.dtype.newbyteorder('<'))");
        }

        string kind = descr.TrimStart('<', '|', '=');
        if (s_types.TryGetValue(kind, out type))
        {
            return data;
        }

        if (kind.Length > 1 && kind[0] is 'S' or 'U' &&
            int.TryParse(kind.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int width))
        {
            type = ElementType.String;
            return ReadStrings(source, count, width, kind[0] == 'U', data.Span);
        }

        throw Damaged(source, $"has dtype '{descr}', which no model takes; convert it with x.astype('float32')");
    }

    private static ReadOnlyMemory<byte> ReadStrings(
        InputSource source, long count, int width, bool wide, ReadOnlySpan<byte> data)
    {
        long size = wide ? width * 4L : width;
        bool fits = size == 0
            ? count <= InputSource.MaxBytes / sizeof(uint)
            : count == data.Length / size && data.Length % size == 0;
        if (!fits)
        {
            throw Damaged(source, "does not hold as many strings as its shape says; save it again");
        }

        ArrayBufferWriter<byte> writer = new();
        for (long i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> text = data.Slice((int)(i * size), (int)size);
            if (wide)
            {
                text = Encoding.UTF8.GetBytes(Encoding.UTF32.GetString(text));
            }

            text = text.TrimEnd((byte)0);
            BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(sizeof(uint)), (uint)text.Length);
            writer.Advance(sizeof(uint));
            writer.Write(text);
        }

        return writer.WrittenMemory;
    }

    private static string NumPyName(ElementType type) => type switch
    {
        ElementType.String => "S",
        ElementType.BFloat16 => "bfloat16",
        _ => type.ToString().ToLowerInvariant(),
    };

    private static InputException Damaged(InputSource source, string what) => new($"{source.Label} {what}.");

    [GeneratedRegex(@"'descr'\s*:\s*'([^']*)'", RegexOptions.None, 1000)]
    private static partial Regex Descr();

    [GeneratedRegex(@"'fortran_order'\s*:\s*False", RegexOptions.None, 1000)]
    private static partial Regex FortranOrder();

    [GeneratedRegex(@"'shape'\s*:\s*\(([^)]*)\)", RegexOptions.None, 1000)]
    private static partial Regex Shape();
}
