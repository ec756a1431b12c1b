using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Iteration;

/// <summary>Between 16-bit floating point and single precision, block by block.</summary>
internal static class FloatBlocks
{
    /// <summary>Elements that a kernel widens at once on the stack.</summary>
    public const int Length = 512;

    /// <summary>Exact.</summary>
    /// <param name="type">Float16 or BFloat16.</param>
    public static void Widen(ElementType type, ReadOnlySpan<ushort> source, Span<float> target)
    {
        if (type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<ushort, Half>(source), target);
            return;
        }

        for (int i = 0; i < source.Length; i++)
        {
            target[i] = (float)new BFloat16(source[i]);
        }
    }

    /// <summary>Rounds to nearest, ties to even.</summary>
    /// <param name="type">Float16 or BFloat16.</param>
    public static void Narrow(ElementType type, ReadOnlySpan<float> source, Span<ushort> target)
    {
        if (type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToHalf(source, MemoryMarshal.Cast<ushort, Half>(target));
            return;
        }

        for (int i = 0; i < source.Length; i++)
        {
            target[i] = ((BFloat16)source[i]).Bits;
        }
    }

    /// <summary>The elements of a tensor of Float32, Float16 or BFloat16 in single precision: the tensor itself
    /// where it can be, otherwise memory of this run.</summary>
    public static Span<float> Singles(KernelContext context, TensorValue tensor)
    {
        if (tensor.Type == ElementType.Float32)
        {
            return tensor.Span<float>();
        }

        Span<float> wide = Scratch<float>(context, tensor.Count);
        Widen(tensor.Type, tensor.Span<ushort>(), wide);
        return wide;
    }

    /// <summary>Where single-precision results of a tensor go before <see cref="Store"/>.</summary>
    public static Span<float> Room(KernelContext context, TensorValue tensor) =>
        tensor.Type == ElementType.Float32 ? tensor.Span<float>() : Scratch<float>(context, tensor.Count);

    /// <summary>Puts what was computed in <see cref="Room"/> into its tensor.</summary>
    public static void Store(ReadOnlySpan<float> results, TensorValue tensor)
    {
        if (tensor.Type != ElementType.Float32)
        {
            Narrow(tensor.Type, results, tensor.Span<ushort>());
        }
    }

    /// <summary>Memory of this run for so many elements.</summary>
    /// <exception cref="KernelException">More than 2^31 - 1 bytes.</exception>
    public static unsafe Span<T> Scratch<T>(KernelContext context, long count)
        where T : unmanaged
    {
        if (count < 0 || count > int.MaxValue / sizeof(T))
        {
            throw Refusal.TooLarge($"{count} elements of {sizeof(T)} bytes do not fit into the memory of a run");
        }

        return MemoryMarshal.Cast<byte, T>(context.Scratch(count * sizeof(T)));
    }
}
