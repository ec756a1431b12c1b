using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>Computes a result from an operand in floating point.</summary>
internal interface IFloatWork
{
    void Run<T>(ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}

/// <summary>Does a work in the precision that fits an element type.</summary>
/// <remarks>
/// Meaning: float32 and float64 in their own precision, float16 and bfloat16 as float32, whole numbers as float64;
/// of the last, what is behind the point is cut off at the end, and what is out of range goes to the border.
/// </remarks>
internal static class FloatWork
{
    public static void Run<TWork>(KernelContext context, ref TWork work, TensorValue x, TensorValue y)
        where TWork : IFloatWork, allows ref struct
    {
        switch (x.Type)
        {
            case ElementType.Float32:
                work.Run<float>(x.Span<float>(), y.Span<float>());
                break;
            case ElementType.Float64:
                work.Run<double>(x.Span<double>(), y.Span<double>());
                break;
            case ElementType.Float16 or ElementType.BFloat16:
                Converted<float, TWork>(context, ref work, x, y);
                break;
            default:
                Converted<double, TWork>(context, ref work, x, y);
                break;
        }
    }

    private static void Converted<T, TWork>(KernelContext context, ref TWork work, TensorValue x, TensorValue y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TWork : IFloatWork, allows ref struct
    {
        Span<T> from = Room<T>(context, x.Count), to = Room<T>(context, y.Count);
        for (int i = 0; i < from.Length; i++)
        {
            from[i] = T.CreateTruncating(Scalars.ToDouble(x, i));
        }

        work.Run<T>(from, to);
        for (int i = 0; i < to.Length; i++)
        {
            Scalars.Put(y, i, double.CreateTruncating(to[i]));
        }
    }

    /// <summary>Room for numbers, until the kernel returns.</summary>
    public static Span<T> Room<T>(KernelContext context, long count)
        where T : unmanaged
    {
        long size = System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        return count <= int.MaxValue / size
            ? MemoryMarshal.Cast<byte, T>(context.Scratch(count * size))
            : throw new KernelException(KernelFault.TooLarge, $"{count} numbers are too many to work on at once");
    }

    /// <summary>Refuses an operand of another type than the floating-point ones.</summary>
    public static void CheckFloat(TensorValue tensor, string name)
    {
        if (tensor.Type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Float16
            or ElementType.BFloat16))
        {
            throw new KernelException(KernelFault.WrongType, $"{name} is {tensor}, not f16, bf16, f32 or f64");
        }
    }
}
