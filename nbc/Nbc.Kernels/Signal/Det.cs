using System.Numerics;
using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>The determinant of each square matrix.</summary>
/// <remarks>
/// Meaning: by elimination with partial pivoting; a matrix of no rows has 1.
/// Accuracy: computed in double.
/// Source: ONNX operator Det, version 22.
/// </remarks>
internal sealed class Det : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        FloatWork.CheckFloat(x, "X");
        if (Dimensions.Rank(x) < 2 || x.Shape[^1] != x.Shape[^2])
        {
            throw new KernelException(KernelFault.WrongShape, $"X is {x}, not square matrices");
        }

        TensorValue y = context.Output(0, x.Type, x.Shape[..^2]);
        Eliminate eliminate = new(context, (int)x.Shape[^1]);
        FloatWork.Run(context, ref eliminate, x, y);
    }

    private readonly ref struct Eliminate(KernelContext context, int size) : IFloatWork
    {
        public void Run<T>(ReadOnlySpan<T> x, Span<T> y)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            Span<double> matrix = FloatWork.Room<double>(context, (long)size * size);
            for (int i = 0; i < y.Length; i++)
            {
                for (int k = 0; k < matrix.Length; k++)
                {
                    matrix[k] = double.CreateTruncating(x[(i * matrix.Length) + k]);
                }

                y[i] = T.CreateTruncating(Of(matrix));
            }
        }

        private double Of(Span<double> matrix)
        {
            double product = 1;
            for (int step = 0; step < size; step++)
            {
                int pivot = step;
                for (int row = step + 1; row < size; row++)
                {
                    double candidate = Math.Abs(matrix[(row * size) + step]);
                    pivot = candidate > Math.Abs(matrix[(pivot * size) + step]) ? row : pivot;
                }

                double head = matrix[(pivot * size) + step];
                product *= pivot == step ? head : -head;
                if (head == 0)
                {
                    return product;
                }

                Swap(matrix, step, pivot);
                for (int row = step + 1; row < size; row++)
                {
                    double factor = matrix[(row * size) + step] / head;
                    for (int column = step + 1; column < size; column++)
                    {
                        matrix[(row * size) + column] -= factor * matrix[(step * size) + column];
                    }
                }

                context.ThrowIfCancelled();
            }

            return product;
        }

        private void Swap(Span<double> matrix, int a, int b)
        {
            for (int column = 0; column < size && a != b; column++)
            {
                (matrix[(a * size) + column], matrix[(b * size) + column]) =
                    (matrix[(b * size) + column], matrix[(a * size) + column]);
            }
        }
    }
}
