using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Iteration;

/// <summary>Operands and results as spans of the type that a kernel computes in: double for Float64, single precision
/// for Float32, Float16 and BFloat16.</summary>
internal static class RealSpans
{
    /// <summary>Does it in the type that elements of <paramref name="type"/> are computed in.</summary>
    /// <returns>False, and nothing is done, when that is no floating point of 16 bits or more.</returns>
    public static bool TryInvoke<TAction>(ElementType type, TAction action)
        where TAction : struct, IRealAction, allows ref struct
    {
        switch (type)
        {
            case ElementType.Float64: action.Invoke<double>(); return true;
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                action.Invoke<float>();
                return true;
            default: return false;
        }
    }

    /// <summary>The elements: the tensor itself where it is of the type, otherwise memory of this run.</summary>
    public static Span<T> Open<T>(KernelContext context, TensorValue tensor)
        where T : unmanaged, INumber<T>
    {
        if (IsNative<T>(tensor.Type))
        {
            return tensor.Span<T>();
        }

        Span<T> all = FloatBlocks.Scratch<T>(context, tensor.Count);
        Read(tensor, 0, all);
        return all;
    }

    /// <summary>Elements from <paramref name="first"/> on.</summary>
    public static void Read<T>(TensorValue tensor, int first, Span<T> target)
        where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(float) && NumberTypes.IsWide(tensor.Type))
        {
            Span<float> singles = System.Runtime.InteropServices.MemoryMarshal.Cast<T, float>(target);
            FloatBlocks.Widen(tensor.Type, tensor.Span<ushort>().Slice(first, target.Length), singles);
            return;
        }

        Span<double> block = stackalloc double[FloatBlocks.Length];
        for (int done = 0; done < target.Length; done += block.Length)
        {
            Span<double> part = block[..Math.Min(block.Length, target.Length - done)];
            CastBlocks.ReadReal(tensor, first + done, part);
            TensorPrimitives.ConvertTruncating<double, T>(part, target[done..]);
        }
    }

    /// <summary>Where results go before <see cref="Store"/>: the tensor itself where it is of the type.</summary>
    public static Span<T> Room<T>(KernelContext context, TensorValue tensor)
        where T : unmanaged, INumber<T> =>
        IsNative<T>(tensor.Type) ? tensor.Span<T>() : FloatBlocks.Scratch<T>(context, tensor.Count);

    /// <summary>Puts what was computed in <see cref="Room"/> into its tensor.</summary>
    public static void Store<T>(ReadOnlySpan<T> results, TensorValue tensor)
        where T : unmanaged, INumber<T>
    {
        if (IsNative<T>(tensor.Type))
        {
            return;
        }

        Span<double> block = stackalloc double[FloatBlocks.Length];
        for (int done = 0; done < results.Length; done += block.Length)
        {
            Span<double> part = block[..Math.Min(block.Length, results.Length - done)];
            TensorPrimitives.ConvertTruncating<T, double>(results.Slice(done, part.Length), part);
            CastBlocks.WriteReal(part, tensor, done, CastBlocks.Default);
        }
    }

    private static bool IsNative<T>(ElementType type) =>
        (typeof(T) == typeof(float) && type == ElementType.Float32)
            || (typeof(T) == typeof(double) && type == ElementType.Float64);
}
