using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Neural;
using Nbc.Kernels.Neural.Attending;
using Nbc.Kernels.Neural.Products;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Microsoft;

/// <summary>Softmax of data + bias over the dimensions from an axis on.</summary>
/// <remarks>
/// Meaning: the bias broadcasts to the data as numpy does; is_inner_broadcast follows from its shape.
/// Special values: as <see cref="HeadAttention{T}.Softmax"/>.
/// Source: ONNX Runtime, com.microsoft BiasSoftmax, version 1.
/// </remarks>
internal sealed class BiasSoftmaxKernel(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", 1);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0), bias = context.Input(1);
        if (!Reals.IsSingle(data.Type))
        {
            throw Operand.Type(data, "data");
        }

        Operand.ExpectType(bias, data.Type, "bias");
        Operand.Expect(bias.Rank <= data.Rank, bias, "bias", $"what broadcasts to {Shapes.Text(data.Shape)}");
        if (!Shapes.TryNormalizeAxis(_axis, data.Rank, out int axis))
        {
            throw new KernelException(KernelFault.OutOfRange, $"axis {_axis} is outside of {Shapes.Text(data.Shape)}");
        }

        Span<long> steps = stackalloc long[data.Rank];
        steps.Clear();
        long step = 1;
        for (int i = data.Rank - 1, own = bias.Rank - 1; own >= 0; i--, own--)
        {
            Operand.Expect(
                bias.Shape[own] == data.Shape[i] || bias.Shape[own] == 1, bias, "bias",
                $"what broadcasts to {Shapes.Text(data.Shape)}");
            steps[i] = bias.Shape[own] == 1 ? 0 : step;
            step *= bias.Shape[own];
        }

        TensorValue result = context.OutputOver(0, 0, data.Type, data.Shape);
        ReadOnlySpan<float> source = Reals.Read<float>(context, data), added = Reals.Read<float>(context, bias);
        Span<float> target = Reals.Room<float>(context, result);
        for (int i = 0; i < target.Length; i++)
        {
            long place = 0;
            int left = i;
            for (int d = data.Rank - 1; d >= 0; d--)
            {
                place += left % (int)data.Shape[d] * steps[d];
                left /= (int)data.Shape[d];
            }

            target[i] = source[i] + added[(int)place];
        }

        int width = (int)Shapes.Product(data.Shape[axis..]);
        for (int i = 0; i < target.Length; i += width)
        {
            HeadAttention<float>.Softmax(target.Slice(i, width), float.NegativeInfinity);
        }

        Reals.Write<float>(target, result);
    }
}

/// <summary>X + bias + skip, the bias along the last dimension.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft BiasAdd, version 1.</remarks>
internal sealed class BiasAddKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0), bias = context.Input(1), skip = context.Input(2);
        if (!Reals.IsSingle(x.Type))
        {
            throw Operand.Type(x, "X");
        }

        Operand.ExpectRank(x, 3, "X");
        Operand.ExpectType(bias, x.Type, "bias");
        Operand.ExpectShape(bias, "bias", x.Shape[2]);
        Operand.ExpectType(skip, x.Type, "skip");
        Operand.ExpectShape(skip, "skip", x.Shape);
        TensorValue result = context.Output(0, x.Type, x.Shape);
        ReadOnlySpan<float> source = Reals.Read<float>(context, x), row = Reals.Read<float>(context, bias);
        ReadOnlySpan<float> added = Reals.Read<float>(context, skip);
        Span<float> target = Reals.Room<float>(context, result);
        for (int i = 0; i < target.Length; i += row.Length)
        {
            Span<float> sums = target.Slice(i, row.Length);
            TensorPrimitives.Add(source.Slice(i, row.Length), row, sums);
            TensorPrimitives.Add(sums, added.Slice(i, row.Length), sums);
        }

        Reals.Write<float>(target, result);
    }
}

/// <summary>The inverse of each matrix of a batch.</summary>
/// <remarks>
/// Special values: a matrix without an inverse gives infinities and NaN.
/// Accuracy: elimination with pivots in double.
/// Source: ONNX Runtime, com.microsoft Inverse, version 1.
/// </remarks>
internal sealed class InverseKernel : RealKernel
{
    protected override void Run<T>(KernelContext context, TensorValue x)
    {
        Operand.Expect(x.Rank >= 2 && x.Shape[^1] == x.Shape[^2], x, "X", "square matrices");
        int size = (int)x.Shape[^1];
        TensorValue result = context.Output(0, x.Type, x.Shape);
        ReadOnlySpan<T> source = Reals.Read<T>(context, x);
        Span<T> target = Reals.Room<T>(context, result);
        Span<double> left = ConstantMatrix.Room<double>(context, (long)size * size);
        Span<double> right = ConstantMatrix.Room<double>(context, (long)size * size);
        for (int at = 0; at < source.Length; at += size * size)
        {
            right.Clear();
            for (int i = 0; i < size * size; i++)
            {
                left[i] = double.CreateTruncating(source[at + i]);
                right[i] = i / size == i % size ? 1 : 0;
            }

            Eliminate(left, right, size);
            context.ThrowIfCancelled();
            for (int i = 0; i < size * size; i++)
            {
                target[at + i] = T.CreateTruncating(right[i]);
            }
        }

        Reals.Write<T>(target, result);
    }

    private static void Eliminate(Span<double> left, Span<double> right, int size)
    {
        for (int column = 0; column < size; column++)
        {
            int pivot = column;
            for (int row = column + 1; row < size; row++)
            {
                pivot = Math.Abs(left[(row * size) + column]) > Math.Abs(left[(pivot * size) + column]) ? row : pivot;
            }

            double factor = left[(pivot * size) + column];
            for (int i = 0; i < size; i++)
            {
                int top = (column * size) + i, other = (pivot * size) + i;
                (left[top], left[other]) = (left[other] / factor, pivot == column ? left[other] / factor : left[top]);
                (right[top], right[other]) =
                    (right[other] / factor, pivot == column ? right[other] / factor : right[top]);
            }

            for (int row = 0; row < size; row++)
            {
                double times = left[(row * size) + column];
                for (int i = 0; i < size && row != column; i++)
                {
                    left[(row * size) + i] -= times * left[(column * size) + i];
                    right[(row * size) + i] -= times * right[(column * size) + i];
                }
            }
        }
    }
}

/// <summary>Distances between the rows of two matrices.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft CDist, version 1.</remarks>
internal sealed class CdistKernel : Kernel
{
    private readonly bool _squared;

    public CdistKernel(KernelAttributes attributes)
    {
        string metric = attributes.Text("metric");
        _squared = metric == "sqeuclidean";
        if (!_squared && metric != "euclidean")
        {
            throw Operand.Attribute("metric", metric, "euclidean or sqeuclidean");
        }
    }

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue a = context.Input(0);
        if (a.Type == ElementType.Float32)
        {
            Run<float>(context, a, context.Input(1));
        }
        else if (a.Type == ElementType.Float64)
        {
            Run<double>(context, a, context.Input(1));
        }
        else
        {
            throw Operand.Type(a, "A");
        }
    }

    private void Run<T>(KernelContext context, TensorValue a, TensorValue b)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Operand.ExpectRank(a, 2, "A");
        Operand.ExpectType(b, a.Type, "B");
        Operand.Expect(b.Rank == 2 && b.Shape[1] == a.Shape[1], b, "B", $"{a.Shape[1]} columns");
        int width = (int)a.Shape[1], columns = (int)b.Shape[0];
        TensorValue result = context.Output(0, a.Type, a.Shape[0], columns);
        Span<T> target = result.Span<T>();
        for (int i = 0; i < target.Length; i++)
        {
            T sum = T.Zero;
            ReadOnlySpan<T> left = a.Span<T>().Slice(i / columns * width, width);
            ReadOnlySpan<T> right = b.Span<T>().Slice(i % columns * width, width);
            for (int k = 0; k < width; k++)
            {
                sum += (left[k] - right[k]) * (left[k] - right[k]);
            }

            target[i] = _squared ? sum : T.Sqrt(sum);
        }
    }
}

/// <summary>One more dimension of size 1.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft ExpandDims, version 1.</remarks>
internal sealed class ExpandDimsKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0), place = context.Input(1);
        Operand.Expect(place.Count == 1, place, "axis", "one number");
        if (!Shapes.TryNormalizeAxis(Operand.WholeAt(place, 0), x.Rank + 1, out int axis))
        {
            throw new KernelException(
                KernelFault.OutOfRange, $"axis {Operand.WholeAt(place, 0)} is outside of {Shapes.Text(x.Shape)}");
        }

        Span<long> shape = stackalloc long[x.Rank + 1];
        x.Shape[..axis].CopyTo(shape);
        shape[axis] = 1;
        x.Shape[axis..].CopyTo(shape[(axis + 1)..]);
        context.View(0, 0, shape);
    }
}

/// <summary>Whether no element of any operand is an infinity, or NaN.</summary>
/// <remarks>Source: ONNX Runtime, com.microsoft IsAllFinite, version 1.</remarks>
internal sealed class IsAllFiniteKernel(KernelAttributes attributes) : Kernel
{
    private readonly bool _infinityOnly = attributes.Flag("isinf_only");
    private readonly bool _nanOnly = attributes.Flag("isnan_only");

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        bool finite = true;
        for (int i = 0; i < context.InputCount; i++)
        {
            TensorValue x = context.Input(i);
            finite &= x.Type switch
            {
                ElementType.Float64 => IsFinite<double>(x.Span<double>()),
                ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 =>
                    IsFinite<float>(Reals.Read<float>(context, x)),
                _ => throw Operand.Type(x, "input"),
            };
        }

        context.Output(0, ElementType.Bool).Span<byte>()[0] = finite ? (byte)1 : (byte)0;
    }

    private bool IsFinite<T>(ReadOnlySpan<T> values)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (T value in values)
        {
            if ((T.IsInfinity(value) && !_nanOnly) || (T.IsNaN(value) && !_infinityOnly))
            {
                return false;
            }
        }

        return true;
    }
}
