namespace Nbc.Tensors;

/// <summary>What one element of a tensor is. The numbers are ONNX's (TensorProto.DataType) and never change.</summary>
public enum ElementType
{
    /// <summary>Not known, or not representable.</summary>
    Undefined = 0,

    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,

    /// <summary>A byte string of any length; it need not be UTF-8.</summary>
    String = 8,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 9,

    /// <summary>IEEE 754 binary16.</summary>
    Float16 = 10,

    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 11,
    UInt32 = 12,
    UInt64 = 13,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16 = 16,
}

/// <summary>Sizes and names of element types.</summary>
public static class ElementTypes
{
    private static readonly (ElementType Type, string Name, int Size)[] s_table =
    [
        (ElementType.Bool, "BOOL", 1), (ElementType.UInt8, "UINT8", 1), (ElementType.UInt16, "UINT16", 2),
        (ElementType.UInt32, "UINT32", 4), (ElementType.UInt64, "UINT64", 8), (ElementType.Int8, "INT8", 1),
        (ElementType.Int16, "INT16", 2), (ElementType.Int32, "INT32", 4), (ElementType.Int64, "INT64", 8),
        (ElementType.Float16, "FP16", 2), (ElementType.BFloat16, "BF16", 2), (ElementType.Float32, "FP32", 4),
        (ElementType.Float64, "FP64", 8), (ElementType.String, "BYTES", 0),
    ];

    /// <summary>
    /// Bytes of one element; 0 for strings, whose size is in the data, and for <see cref="ElementType.Undefined"/>.
    /// </summary>
    public static int SizeOf(ElementType type)
    {
        foreach ((ElementType candidate, _, int size) in s_table)
        {
            if (candidate == type)
            {
                return size;
            }
        }

        return 0;
    }

    /// <summary>The name in the Open Inference Protocol, such as <c>FP32</c>.</summary>
    public static string NameOf(ElementType type)
    {
        foreach ((ElementType candidate, string name, _) in s_table)
        {
            if (candidate == type)
            {
                return name;
            }
        }

        return "UNDEFINED";
    }

    /// <summary>Reads a name of the Open Inference Protocol; false for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out ElementType type)
    {
        foreach ((ElementType candidate, string known, _) in s_table)
        {
            if (name.SequenceEqual(known))
            {
                type = candidate;
                return true;
            }
        }

        type = ElementType.Undefined;
        return false;
    }
}
