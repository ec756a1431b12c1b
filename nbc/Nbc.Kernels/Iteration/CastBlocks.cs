using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Iteration;

/// <summary>How numbers outside a type's range are taken into it.</summary>
internal readonly record struct CastRules(bool Saturate, PowerRounding Rounding);

/// <summary>Elements of any numeric type as long or double, and back: two steps, not a loop a pair.</summary>
/// <remarks>
/// Meaning: whole numbers go through long, floating point through double, so that nothing is rounded twice.
/// Special values: floating point into whole numbers is cut toward zero and wraps; outside long it saturates; NaN is 0.
/// </remarks>
internal static class CastBlocks
{
    public static readonly CastRules Default = new(true, PowerRounding.Up);

    /// <summary>True for types whose elements are whole numbers or bool.</summary>
    public static bool IsWhole(ElementType type) =>
        type == ElementType.Bool || ElementTypes.IsSigned(type) || ElementTypes.IsUnsigned(type);

    /// <summary>Elements of a whole type from <paramref name="first"/> on; uint64 by its bits.</summary>
    public static void ReadWhole(TensorValue source, int first, Span<long> block)
    {
        switch (source.Type)
        {
            case ElementType.Bool: ReadBool(source.Span<byte>().Slice(first, block.Length), block); break;
            case ElementType.Int4 or ElementType.Int2: Read<sbyte, long>(source, first, block); break;
            case ElementType.UInt4 or ElementType.UInt2: Read<byte, long>(source, first, block); break;
            case ElementType.Int8: Read<sbyte, long>(source, first, block); break;
            case ElementType.Int16: Read<short, long>(source, first, block); break;
            case ElementType.Int32: Read<int, long>(source, first, block); break;
            case ElementType.Int64: Read<long, long>(source, first, block); break;
            case ElementType.UInt8: Read<byte, long>(source, first, block); break;
            case ElementType.UInt16: Read<ushort, long>(source, first, block); break;
            case ElementType.UInt32: Read<uint, long>(source, first, block); break;
            case ElementType.UInt64: Read<ulong, long>(source, first, block); break;
            default: throw Refusal.Type("an operand", source.Type, "a whole number");
        }
    }

    /// <summary>Elements of any numeric type from <paramref name="first"/> on.</summary>
    public static void ReadReal(TensorValue source, int first, Span<double> block)
    {
        switch (source.Type)
        {
            case ElementType.Float32: Read<float, double>(source, first, block); break;
            case ElementType.Float64: Read<double, double>(source, first, block); break;
            case ElementType.Float16: Read<Half, double>(source, first, block); break;
            case ElementType.UInt64: Read<ulong, double>(source, first, block); break;
            case ElementType.BFloat16:
                ReadOnlySpan<ushort> halves = source.Span<ushort>().Slice(first, block.Length);
                for (int i = 0; i < block.Length; i++)
                {
                    block[i] = (float)new BFloat16(halves[i]);
                }

                break;
            default:
                if (SmallFloats.Has(source.Type))
                {
                    ReadSmall(source, first, block);
                }
                else
                {
                    ReadWholeAsReal(source, first, block);
                }

                break;
        }
    }

    /// <param name="isUnsigned">True when the numbers are bits of uint64.</param>
    public static void WriteWhole(
        ReadOnlySpan<long> block, bool isUnsigned, TensorValue target, int first, CastRules rules)
    {
        switch (target.Type)
        {
            case ElementType.Int8: Write<long, sbyte>(block, target, first); break;
            case ElementType.Int16: Write<long, short>(block, target, first); break;
            case ElementType.Int32: Write<long, int>(block, target, first); break;
            case ElementType.Int64: Write<long, long>(block, target, first); break;
            case ElementType.UInt8: Write<long, byte>(block, target, first); break;
            case ElementType.UInt16: Write<long, ushort>(block, target, first); break;
            case ElementType.UInt32: Write<long, uint>(block, target, first); break;
            case ElementType.UInt64: Write<long, ulong>(block, target, first); break;
            case ElementType.Bool: WriteBool(block, target.Span<byte>().Slice(first, block.Length)); break;
            case ElementType.Int4 or ElementType.UInt4 or ElementType.Int2 or ElementType.UInt2:
                Span<byte> narrow = target.Span<byte>().Slice(first, block.Length);
                for (int i = 0; i < block.Length; i++)
                {
                    narrow[i] = IntegerRanges.Wrap(target.Type, block[i]);
                }

                break;
            case ElementType.Float32 when isUnsigned:
                Write<ulong, float>(MemoryMarshal.Cast<long, ulong>(block), target, first);
                break;
            case ElementType.Float32: Write<long, float>(block, target, first); break;
            default: WriteWholeAsReal(block, isUnsigned, target, first, rules); break;
        }
    }

    public static void WriteReal(ReadOnlySpan<double> block, TensorValue target, int first, CastRules rules)
    {
        switch (target.Type)
        {
            case ElementType.Float32: Write<double, float>(block, target, first); break;
            case ElementType.Float64: Write<double, double>(block, target, first); break;
            case ElementType.Float16: Write<double, Half>(block, target, first); break;
            case ElementType.UInt64: Write<double, ulong>(block, target, first, isCut: true); break;
            case ElementType.BFloat16:
                Span<ushort> halves = target.Span<ushort>().Slice(first, block.Length);
                for (int i = 0; i < block.Length; i++)
                {
                    halves[i] = ((BFloat16)(float)block[i]).Bits;
                }

                break;
            case ElementType.Bool:
                Span<byte> bits = target.Span<byte>().Slice(first, block.Length);
                for (int i = 0; i < block.Length; i++)
                {
                    bits[i] = block[i] == 0 ? (byte)0 : (byte)1;
                }

                break;
            default:
                if (SmallFloats.Has(target.Type))
                {
                    WriteSmall(block, target, first, rules);
                }
                else
                {
                    WriteRealAsWhole(block, target, first, rules);
                }

                break;
        }
    }

    private static void Read<T, TBlock>(TensorValue source, int first, Span<TBlock> block)
        where T : unmanaged, INumberBase<T>
        where TBlock : INumberBase<TBlock>
    {
        ReadOnlySpan<T> part = source.Span<T>().Slice(first, block.Length);
        for (int i = 0; i < part.Length; i++)
        {
            block[i] = TBlock.CreateTruncating(part[i]);
        }
    }

    private static void Write<TBlock, T>(ReadOnlySpan<TBlock> block, TensorValue target, int first, bool isCut = false)
        where TBlock : INumber<TBlock>
        where T : unmanaged, INumberBase<T>
    {
        Span<T> part = target.Span<T>().Slice(first, block.Length);
        for (int i = 0; i < part.Length; i++)
        {
            // A negative number wraps into uint64 as it does into the narrower types.
            part[i] = isCut && TBlock.IsNegative(block[i])
                ? T.CreateTruncating(long.CreateSaturating(block[i]))
                : T.CreateTruncating(block[i]);
        }
    }

    private static void ReadBool(ReadOnlySpan<byte> source, Span<long> block)
    {
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = source[i] == 0 ? 0 : 1;
        }
    }

    private static void WriteBool(ReadOnlySpan<long> block, Span<byte> target)
    {
        for (int i = 0; i < block.Length; i++)
        {
            target[i] = block[i] == 0 ? (byte)0 : (byte)1;
        }
    }

    private static void ReadSmall(TensorValue source, int first, Span<double> block)
    {
        ReadOnlySpan<float> values = SmallFloats.Values(source.Type);
        ReadOnlySpan<byte> codes = source.Span<byte>().Slice(first, block.Length);
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = values[codes[i]];
        }
    }

    private static void WriteSmall(ReadOnlySpan<double> block, TensorValue target, int first, CastRules rules)
    {
        Span<byte> codes = target.Span<byte>().Slice(first, block.Length);
        for (int i = 0; i < block.Length; i++)
        {
            codes[i] = SmallFloats.FromSingle(target.Type, (float)block[i], rules.Saturate, rules.Rounding);
        }
    }

    private static void ReadWholeAsReal(TensorValue source, int first, Span<double> block)
    {
        Span<long> whole = stackalloc long[FloatBlocks.Length];
        for (int done = 0; done < block.Length; done += whole.Length)
        {
            Span<long> part = whole[..Math.Min(whole.Length, block.Length - done)];
            ReadWhole(source, first + done, part);
            for (int i = 0; i < part.Length; i++)
            {
                block[done + i] = part[i];
            }
        }
    }

    private static void WriteWholeAsReal(
        ReadOnlySpan<long> block, bool isUnsigned, TensorValue target, int first, CastRules rules)
    {
        Span<double> real = stackalloc double[FloatBlocks.Length];
        for (int done = 0; done < block.Length; done += real.Length)
        {
            Span<double> part = real[..Math.Min(real.Length, block.Length - done)];
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = isUnsigned ? (ulong)block[done + i] : block[done + i];
            }

            WriteReal(part, target, first + done, rules);
        }
    }

    private static void WriteRealAsWhole(ReadOnlySpan<double> block, TensorValue target, int first, CastRules rules)
    {
        if (!IsWhole(target.Type))
        {
            throw Refusal.Type("the result", target.Type, "a number");
        }

        Span<long> whole = stackalloc long[FloatBlocks.Length];
        for (int done = 0; done < block.Length; done += whole.Length)
        {
            Span<long> part = whole[..Math.Min(whole.Length, block.Length - done)];
            for (int i = 0; i < part.Length; i++)
            {
                part[i] = long.CreateSaturating(block[done + i]);
            }

            WriteWhole(part, isUnsigned: false, target, first + done, rules);
        }
    }
}
