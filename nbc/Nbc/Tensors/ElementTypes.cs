namespace Nbc.Tensors;

/// <summary>Sizes and names of element types.</summary>
public static class ElementTypes
{
    // Protocol: the name in the Open Inference Protocol, empty where it has none. Text: the name in NTIR and NBC.
    private static readonly (ElementType Type, string Protocol, string Text, int Size, int FileBits)[] s_table =
    [
        (ElementType.Bool, "BOOL", "i1", 1, 8), (ElementType.UInt8, "UINT8", "ui8", 1, 8),
        (ElementType.UInt16, "UINT16", "ui16", 2, 16), (ElementType.UInt32, "UINT32", "ui32", 4, 32),
        (ElementType.UInt64, "UINT64", "ui64", 8, 64), (ElementType.Int8, "INT8", "si8", 1, 8),
        (ElementType.Int16, "INT16", "si16", 2, 16), (ElementType.Int32, "INT32", "si32", 4, 32),
        (ElementType.Int64, "INT64", "si64", 8, 64), (ElementType.Float16, "FP16", "f16", 2, 16),
        (ElementType.BFloat16, "BF16", "bf16", 2, 16), (ElementType.Float32, "FP32", "f32", 4, 32),
        (ElementType.Float64, "FP64", "f64", 8, 64), (ElementType.String, "BYTES", "!ntir.string", 0, 0),
        (ElementType.Complex64, "", "complex<f32>", 8, 64), (ElementType.Complex128, "", "complex<f64>", 16, 128),
        (ElementType.Float8E4M3FN, "", "f8E4M3FN", 1, 8), (ElementType.Float8E4M3FNUZ, "", "f8E4M3FNUZ", 1, 8),
        (ElementType.Float8E5M2, "", "f8E5M2", 1, 8), (ElementType.Float8E5M2FNUZ, "", "f8E5M2FNUZ", 1, 8),
        (ElementType.Float8E8M0, "", "f8E8M0FNU", 1, 8), (ElementType.Float4E2M1, "", "f4E2M1FN", 1, 4),
        (ElementType.UInt4, "", "ui4", 1, 4), (ElementType.Int4, "", "si4", 1, 4),
        (ElementType.UInt2, "", "ui2", 1, 2), (ElementType.Int2, "", "si2", 1, 2),
    ];

    private static readonly int[] s_sizes = ByType(row => row.Size);
    private static readonly int[] s_fileBits = ByType(row => row.FileBits);

    /// <summary>Every element type there is, in the order of the table.</summary>
    public static IEnumerable<ElementType> All => s_table.Select(row => row.Type);

    /// <summary>
    /// Bytes of one element in memory; 0 for strings, whose size is in the data, and for
    /// <see cref="ElementType.Undefined"/>.
    /// </summary>
    public static int SizeOf(ElementType type) => (uint)type < (uint)s_sizes.Length ? s_sizes[(int)type] : 0;

    /// <summary>Bits of one element in ONNX files; below 8 the first element is in the lowest bits.</summary>
    public static int FileBitsOf(ElementType type) =>
        (uint)type < (uint)s_fileBits.Length ? s_fileBits[(int)type] : 0;

    /// <summary>The name in the Open Inference Protocol, such as <c>FP32</c>, or <c>UNDEFINED</c>.</summary>
    public static string NameOf(ElementType type)
    {
        foreach ((ElementType candidate, string name, _, _, _) in s_table)
        {
            if (candidate == type && name.Length > 0)
            {
                return name;
            }
        }

        return "UNDEFINED";
    }

    /// <summary>The name in NTIR and NBC text, such as <c>f32</c>, as MLIR writes it.</summary>
    public static string TextOf(ElementType type) =>
        s_table.FirstOrDefault(row => row.Type == type).Text ?? "undefined";

    /// <summary>Reads a name of the Open Inference Protocol; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out ElementType type)
    {
        foreach ((ElementType candidate, string known, _, _, _) in s_table)
        {
            if (known.Length > 0 && name.SequenceEqual(known))
            {
                type = candidate;
                return true;
            }
        }

        type = ElementType.Undefined;
        return false;
    }

    /// <summary>Reads a name of NTIR and NBC text; false for anything else.</summary>
    public static bool TryParseText(ReadOnlySpan<char> text, out ElementType type)
    {
        foreach ((ElementType candidate, _, string known, _, _) in s_table)
        {
            if (text.SequenceEqual(known))
            {
                type = candidate;
                return true;
            }
        }

        type = ElementType.Undefined;
        return false;
    }

    /// <summary>Binary floating point of any width, complex numbers not among it.</summary>
    public static bool IsFloat(ElementType type) => type is ElementType.Float32 or ElementType.Float64
        or ElementType.Float16 or ElementType.BFloat16 or ElementType.Float4E2M1
        or (>= ElementType.Float8E4M3FN and <= ElementType.Float8E5M2FNUZ) or ElementType.Float8E8M0;

    /// <summary>Whole numbers with a sign.</summary>
    public static bool IsSigned(ElementType type) => type is ElementType.Int8 or ElementType.Int16
        or ElementType.Int32 or ElementType.Int64 or ElementType.Int4 or ElementType.Int2;

    /// <summary>Whole numbers without a sign.</summary>
    public static bool IsUnsigned(ElementType type) => type is ElementType.UInt8 or ElementType.UInt16
        or ElementType.UInt32 or ElementType.UInt64 or ElementType.UInt4 or ElementType.UInt2;

    private static int[] ByType(
        Func<(ElementType Type, string Protocol, string Text, int Size, int FileBits), int> valueOf)
    {
        int[] values = new int[s_table.Max(row => (int)row.Type) + 1];
        foreach ((ElementType Type, string Protocol, string Text, int Size, int FileBits) row in s_table)
        {
            values[(int)row.Type] = valueOf(row);
        }

        return values;
    }
}
