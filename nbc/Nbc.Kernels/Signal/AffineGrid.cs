using Nbc.Kernels.Movement;
using Nbc.Values;

namespace Nbc.Kernels.Signal;

/// <summary>The grid of places that an affine map makes of a regular one, for GridSample.</summary>
/// <remarks>
/// Shape: theta [n, 2, 3] with size [n, c, h, w] to [n, h, w, 2]; [n, 3, 4] with [n, c, d, h, w] to [n, d, h, w, 3].
/// Meaning: the regular grid goes from -1 to 1: the middles of the outermost elements with align_corners, else their
/// outer edges. An axis of one element lies at 0.
/// Accuracy: computed in double.
/// Source: ONNX operator AffineGrid, version 20.
/// </remarks>
internal sealed class AffineGrid(KernelAttributes attributes) : Kernel
{
    private readonly bool _alignsCorners = attributes.Flag("align_corners");

    public override void Run(KernelContext context)
    {
        TensorValue theta = context.Input(0);
        TensorValue wanted = context.Input(1);
        FloatWork.CheckFloat(theta, "theta");
        int length = Dimensions.Length(wanted, "size"), axes = length - 2;
        Span<long> size = stackalloc long[length];
        Dimensions.Read(wanted, size);
        bool fits = axes is 2 or 3 && theta.Rank == 3 && theta.Shape[0] == size[0] &&
            theta.Shape[1] == axes && theta.Shape[2] == axes + 1;
        if (!fits)
        {
            throw new KernelException(KernelFault.WrongShape, $"theta {theta} is no map of {length - 2} axes");
        }

        Span<long> shape = stackalloc long[length];
        shape[0] = size[0];
        size[2..].CopyTo(shape[1..]);
        shape[^1] = axes;
        TensorValue grid = context.Output(0, theta.Type, shape);
        Span<long> index = stackalloc long[axes + 1];
        index.Clear();
        for (int at = 0; at < grid.Count; at += axes)
        {
            for (int row = 0; row < axes; row++)
            {
                int from = (int)((index[0] * axes) + row) * (axes + 1);
                double sum = Scalars.ToDouble(theta, from + axes);
                for (int i = 0; i < axes; i++)
                {
                    // Places are named innermost first.
                    int axis = axes - 1 - i;
                    sum += Scalars.ToDouble(theta, from + i) * Place(index[axis + 1], size[axis + 2]);
                }

                Scalars.Put(grid, at + row, sum);
            }

            for (int axis = axes; axis >= 0 && ++index[axis] == shape[axis]; axis--)
            {
                index[axis] = 0;
                context.ThrowIfCancelled();
            }
        }
    }

    private double Place(long i, long size) => !_alignsCorners ? (((2 * i) + 1.0) / size) - 1
        : size == 1 ? 0 : (2.0 * i / (size - 1)) - 1;
}
