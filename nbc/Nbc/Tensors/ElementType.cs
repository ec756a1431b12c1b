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

    /// <summary>Two binary32: the real part, then the imaginary one.</summary>
    Complex64 = 14,

    /// <summary>Two binary64: the real part, then the imaginary one.</summary>
    Complex128 = 15,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16 = 16,

    /// <summary>Sign, 4 exponent and 3 mantissa bits; no infinities (ONNX FLOAT8E4M3FN).</summary>
    Float8E4M3FN = 17,

    /// <summary>As <see cref="Float8E4M3FN"/> with another bias, one zero and one NaN.</summary>
    Float8E4M3FNUZ = 18,

    /// <summary>Sign, 5 exponent and 2 mantissa bits, with infinities.</summary>
    Float8E5M2 = 19,

    /// <summary>As <see cref="Float8E5M2"/> with another bias, one zero, one NaN and no infinities.</summary>
    Float8E5M2FNUZ = 20,

    /// <summary>0 to 15; one element a byte in memory, two in files.</summary>
    UInt4 = 21,

    /// <summary>-8 to 7; one element a byte in memory, two in files.</summary>
    Int4 = 22,

    /// <summary>Sign, 2 exponent bits and 1 mantissa bit; one element a byte in memory, two in files.</summary>
    Float4E2M1 = 23,

    /// <summary>A power of two: 8 exponent bits alone.</summary>
    Float8E8M0 = 24,

    /// <summary>0 to 3; one element a byte in memory, four in files.</summary>
    UInt2 = 25,

    /// <summary>-2 to 1; one element a byte in memory, four in files.</summary>
    Int2 = 26,
}
