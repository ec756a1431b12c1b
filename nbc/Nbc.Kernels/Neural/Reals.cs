using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural;

/// <summary>Floating point of 16 bits computed in 32: widened on the way in, rounded to nearest on the way
/// out.</summary>
internal static class Reals
{
    /// <summary>True for the element types that are computed as float.</summary>
    public static bool IsSingle(ElementType type) =>
        type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16;

    /// <summary>The elements as T: in place when they are that, else in memory of this run.</summary>
    public static Span<T> Read<T>(KernelContext context, TensorValue tensor)
        where T : unmanaged
    {
        if (tensor.Type is not (ElementType.Float16 or ElementType.BFloat16))
        {
            return tensor.Span<T>();
        }

        Span<float> wide = MemoryMarshal.Cast<byte, float>(context.Scratch((long)tensor.Count * sizeof(float)));
        Widen(tensor, wide);
        return MemoryMarshal.Cast<float, T>(wide);
    }

    /// <summary>Where a result is computed before <see cref="Write"/>: in the result itself when it is of T.</summary>
    public static unsafe Span<T> Room<T>(KernelContext context, TensorValue result)
        where T : unmanaged =>
        result.Type is ElementType.Float16 or ElementType.BFloat16
            ? MemoryMarshal.Cast<byte, T>(context.Scratch((long)result.Count * sizeof(T)))
            : result.Span<T>();

    /// <summary>Rounds what was computed in <see cref="Room"/> into the result; nothing to do when it is
    /// there.</summary>
    public static void Write<T>(ReadOnlySpan<T> values, TensorValue result)
        where T : unmanaged
    {
        if (result.Type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToHalf(MemoryMarshal.Cast<T, float>(values), result.Span<Half>());
        }
        else if (result.Type == ElementType.BFloat16)
        {
            Span<BFloat16> target = result.Span<BFloat16>();
            ReadOnlySpan<float> source = MemoryMarshal.Cast<T, float>(values);
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = (BFloat16)source[i];
            }
        }
    }

    /// <summary>Writes float elements of a tensor of any 16- or 32-bit floating point type.</summary>
    public static void Widen(TensorValue tensor, Span<float> target)
    {
        switch (tensor.Type)
        {
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(tensor.Span<Half>(), target);
                break;
            case ElementType.BFloat16:
                ReadOnlySpan<ushort> bits = tensor.Span<ushort>();
                for (int i = 0; i < bits.Length; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)bits[i] << 16);
                }

                break;
            default:
                tensor.Span<float>().CopyTo(target);
                break;
        }
    }
}
