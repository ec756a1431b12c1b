using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Products;

/// <summary>Matrix product as numpy.matmul: batches broadcast, vectors are rows on the left, columns on the
/// right.</summary>
/// <remarks>
/// Special values: a depth of 0 gives zeros; integers wrap.
/// Accuracy: float sums in float, float16 and bfloat16 too; one rounding at the end.
/// Cost: a constant matrix B is packed once.
/// Source: ONNX operator MatMul, version 13.
/// </remarks>
internal class MatmulKernel : Kernel
{
    private readonly double _alpha;
    private readonly MatrixLayout _left, _right;
    private PackedConstant<float>? _constant;

    public MatmulKernel(KernelAttributes attributes)
        : this(1, default, default)
    {
    }

    protected MatmulKernel(double alpha, MatrixLayout left, MatrixLayout right)
    {
        _alpha = alpha;
        _left = left;
        _right = right;
    }

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<TensorValue?> constants)
    {
        if (constants.Length > 1)
        {
            _constant = ConstantMatrix.Pack(constants[1], _right.Transposed);
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0), b = context.Input(1);
        Operand.ExpectType(b, a.Type, "B");
        switch (a.Type)
        {
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                Run(context, a, b, (float)_alpha);
                break;
            case ElementType.Float64:
                Run(context, a, b, _alpha);
                break;
            case ElementType.Int32 or ElementType.UInt32 when _alpha == 1:
                Run(context, a, b, 1);
                break;
            case ElementType.Int64 or ElementType.UInt64 when _alpha == 1:
                Run(context, a, b, 1L);
                break;
            default:
                throw Operand.Type(a, "A");
        }
    }

    private unsafe void Run<T>(KernelContext context, TensorValue a, TensorValue b, T alpha)
        where T : unmanaged, INumberBase<T>
    {
        Operand.Expect(a.Rank > 0 && b.Rank > 0, a.Rank == 0 ? a : b, a.Rank == 0 ? "A" : "B", "a dimension or more");
        MatrixBatch left = new(a, _left, isLeft: true), right = new(b, _right, isLeft: false);
        Operand.Expect(left.Columns == right.Rows, b, "B", $"{left.Columns} rows");
        Span<long> shape = stackalloc long[Math.Max(a.Rank, b.Rank) + 2];
        int batchRank = MatrixBatch.Broadcast(left, right, b, shape);
        long batches = Shapes.Product(shape[..batchRank]);
        int rank = batchRank;
        if (a.Rank > 1)
        {
            shape[rank++] = left.Rows;
        }

        if (b.Rank > 1)
        {
            shape[rank++] = right.Columns;
        }

        TensorValue result = context.Output(0, a.Type, shape[..rank]);
        if (result.Count == 0)
        {
            return;
        }

        Span<T> output = Reals.Room<T>(context, result);
        T* y = ConstantMatrix.First(output), x = ConstantMatrix.First(Reals.Read<T>(context, a));
        if (_constant is { } constant && typeof(T) == typeof(float) && b.Rank == 2)
        {
            PackedMatrix<float> view = constant.View;
            PackedMatrix<T> packed = new((T*)view.First, view.Depth, view.Columns);
            RunConstant(context, x, packed, y, left, batches, alpha);
        }
        else
        {
            T* w = ConstantMatrix.First(Reals.Read<T>(context, b));
            RunBatches(context, x, w, y, left, right, shape[..batchRank], alpha);
        }

        Reals.Write<T>(output, result);
    }

    // All batches of A times one matrix: one product of many rows, unless the rows do not lie in a row.
    private static unsafe void RunConstant<T>(
        KernelContext context, T* x, PackedMatrix<T> packed, T* y, MatrixBatch left, long batches, T alpha)
        where T : unmanaged, INumberBase<T>
    {
        if (left.IsDense)
        {
            Matrix<T> all = Matrix<T>.Dense(x, checked((int)(batches * left.Rows)), left.Columns);
            MatrixProduct<T>.Multiply(context, all, packed, y, packed.Columns, false, alpha);
            return;
        }

        for (long i = 0; i < batches; i++)
        {
            MatrixProduct<T>.Multiply(
                context, left.At(x, i), packed, y + (i * left.Rows * packed.Columns), packed.Columns, false, alpha);
        }
    }

    private static unsafe void RunBatches<T>(
        KernelContext context, T* x, T* w, T* y, MatrixBatch left, MatrixBatch right,
        ReadOnlySpan<long> batchShape, T alpha)
        where T : unmanaged, INumberBase<T>
    {
        long batches = Shapes.Product(batchShape);
        long size = (long)left.Rows * right.Columns;
        T* room = MatrixProduct<T>.Room(context, right.Rows, right.Columns);
        if (left.IsDense && right.Batches == 1 && left.Batches == batches)
        {
            Matrix<T> all = Matrix<T>.Dense(x, checked((int)(batches * left.Rows)), left.Columns);
            MatrixProduct<T>.Multiply(
                context, all, right.At(w, 0), room, y, right.Columns, false, alpha);
            return;
        }

        for (long i = 0; i < batches; i++)
        {
            MatrixProduct<T>.Multiply(
                context, left.At(x, left.IndexOf(i, batchShape)),
                right.At(w, right.IndexOf(i, batchShape)),
                room, y + (i * size), right.Columns, false, alpha);
        }
    }
}

/// <summary>How the last dimensions of an operand are read.</summary>
/// <param name="Transposed">The last two are swapped.</param>
/// <param name="BatchMoved">The first dimension stands behind the other batches: [M, B..., K]
/// (ms.fused_matmul).</param>
internal readonly record struct MatrixLayout(bool Transposed, bool BatchMoved);
