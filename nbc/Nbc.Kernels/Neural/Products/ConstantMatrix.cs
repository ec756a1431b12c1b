using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Products;

/// <summary>Packs constant right-hand sides when a kernel is prepared.</summary>
internal static unsafe class ConstantMatrix
{
    /// <summary>A float or 16-bit float matrix, packed as float; null for anything else.</summary>
    /// <param name="transposed">Take columns for rows.</param>
    public static PackedConstant<float>? Pack(TensorValue? constant, bool transposed = false)
    {
        if (constant is null || constant.Rank != 2 || constant.Count == 0 || !Reals.IsSingle(constant.Type))
        {
            return null;
        }

        int rows = (int)constant.Shape[0], columns = (int)constant.Shape[1];
        float[]? wide = null;
        if (constant.Type != ElementType.Float32)
        {
            wide = new float[constant.Count];
            Reals.Widen(constant, wide);
        }

        fixed (float* first = wide is null ? constant.Span<float>() : wide)
        {
            Matrix<float> matrix = Matrix<float>.Dense(first, rows, columns);
            return new PackedConstant<float>(transposed ? matrix.Transposed : matrix);
        }
    }

    /// <summary>Memory of this run.</summary>
    public static Span<T> Room<T>(KernelContext context, long count)
        where T : unmanaged => Iteration.FloatBlocks.Scratch<T>(context, count);

    /// <summary>Where memory that the collector does not move starts.</summary>
    public static T* First<T>(Span<T> span)
        where T : unmanaged => (T*)System.Runtime.CompilerServices.Unsafe.AsPointer(
            ref MemoryMarshal.GetReference(span));
}
