using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural.Products;

/// <summary>alpha * A' * B' + beta * C, where ' transposes when asked and C broadcasts.</summary>
/// <remarks>
/// Special values: C counts nothing when beta is 0. Integers wrap; a broken alpha or beta acts on them in double.
/// Cost: a constant B is packed once.
/// Source: ONNX operator Gemm, version 13.
/// </remarks>
internal class GemmKernel : Kernel
{
    private readonly double _alpha, _beta;
    private readonly bool _transposeA, _transposeB;
    private PackedConstant<float>? _constant;

    public GemmKernel(KernelAttributes attributes)
    {
        _alpha = attributes.Float("alpha", 1);
        _beta = attributes.Float("beta", 1);
        _transposeA = attributes.Flag("transA");
        _transposeB = attributes.Flag("transB");
    }

    /// <inheritdoc/>
    public override void Prepare(ReadOnlySpan<TensorValue?> constants)
    {
        if (constants.Length > 1)
        {
            _constant = ConstantMatrix.Pack(constants[1], _transposeB);
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0), b = context.Input(1);
        Operand.ExpectType(b, a.Type, "B");
        Operand.ExpectRank(a, 2, "A");
        Operand.ExpectRank(b, 2, "B");
        switch (a.Type)
        {
            case ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16:
                Run<float>(context, a, b);
                break;
            case ElementType.Float64:
                Run<double>(context, a, b);
                break;
            case ElementType.Int32:
                Run<int>(context, a, b);
                break;
            case ElementType.UInt32:
                Run<uint>(context, a, b);
                break;
            case ElementType.Int64:
                Run<long>(context, a, b);
                break;
            case ElementType.UInt64:
                Run<ulong>(context, a, b);
                break;
            default:
                throw Operand.Type(a, "A");
        }
    }

    /// <summary>What is done to each result; nothing for Gemm itself.</summary>
    protected virtual void Activate(Span<float> values)
    {
    }

    private unsafe void Run<T>(KernelContext context, TensorValue a, TensorValue b)
        where T : unmanaged, INumber<T>
    {
        Matrix<T> left = Matrix<T>.Dense(
            ConstantMatrix.First(Reals.Read<T>(context, a)), (int)a.Shape[0], (int)a.Shape[1]);
        left = _transposeA ? left.Transposed : left;
        long depth = b.Shape[_transposeB ? 1 : 0], columns = b.Shape[_transposeB ? 0 : 1];
        Operand.Expect(left.Columns == depth, b, "B", $"a depth of {left.Columns}");
        TensorValue result = context.Output(0, a.Type, left.Rows, columns);
        if (result.Count == 0)
        {
            return;
        }

        Span<T> output = Reals.Room<T>(context, result);
        bool add = AddStart(context, result, output);
        T* y = ConstantMatrix.First(output);
        T alpha = T.CreateTruncating(_alpha);
        bool broken = T.IsInteger(T.One / (T.One + T.One)) && _alpha != Math.Floor(_alpha);
        if (broken)
        {
            throw Operand.Attribute("alpha", _alpha, "a whole number for whole numbers");
        }

        if (_constant is { } constant && typeof(T) == typeof(float))
        {
            PackedMatrix<float> view = constant.View;
            MatrixProduct<T>.Multiply(
                context, left, new PackedMatrix<T>((T*)view.First, view.Depth, view.Columns), y, columns, add, alpha);
        }
        else
        {
            Matrix<T> right = Matrix<T>.Dense(
                ConstantMatrix.First(Reals.Read<T>(context, b)), (int)b.Shape[0], (int)b.Shape[1]);
            MatrixProduct<T>.Multiply(
                context, left, _transposeB ? right.Transposed : right,
                MatrixProduct<T>.Room(context, left.Columns, (int)columns), y, columns, add, alpha);
        }

        if (typeof(T) == typeof(float))
        {
            Activate(System.Runtime.InteropServices.MemoryMarshal.Cast<T, float>(output));
        }

        Reals.Write<T>(output, result);
    }

    // Fills the result with beta * C; false when there is nothing to add to.
    private bool AddStart<T>(KernelContext context, TensorValue result, Span<T> output)
        where T : unmanaged, INumber<T>
    {
        if (context.OptionalInput(2) is not { } c || _beta == 0)
        {
            return false;
        }

        Operand.ExpectType(c, result.Type, "C");
        int rows = (int)result.Shape[0], columns = (int)result.Shape[1];
        Operand.Expect(c.Rank <= 2, c, "C", "two dimensions at most");
        long height = c.Rank == 2 ? c.Shape[0] : 1, width = c.Rank == 0 ? 1 : c.Shape[^1];
        Operand.Expect(
            (height == 1 || height == rows) && (width == 1 || width == columns), c, "C",
            $"what broadcasts to {Shapes.Text(result.Shape)}");
        ReadOnlySpan<T> source = Reals.Read<T>(context, c);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<T> from = source.Slice(height == 1 ? 0 : (int)(row * width), (int)width);
            Span<T> to = output.Slice(row * columns, columns);
            if (width == 1)
            {
                to.Fill(Scaled(from[0]));
                continue;
            }

            for (int i = 0; i < to.Length; i++)
            {
                to[i] = Scaled(from[i]);
            }
        }

        return true;
    }

    private T Scaled<T>(T value)
        where T : INumber<T> =>
        _beta == 1 ? value
        : typeof(T) == typeof(float) ? value * T.CreateTruncating(_beta)
        : T.CreateTruncating(double.CreateTruncating(value) * _beta);
}
