using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Puts in axes of one element; they count in the result.</summary>
/// <remarks>Source: ONNX operator Unsqueeze, version 25.</remarks>
internal sealed class Unsqueeze : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        TensorValue named = context.Input(1);
        int count = Dimensions.Length(named, "axes");
        int rank = Dimensions.Rank(data.Rank + count);
        Span<long> axes = stackalloc long[count];
        Dimensions.ReadAxes(named, rank, "axes", axes);
        Span<long> shape = stackalloc long[rank];
        int from = 0;
        for (int i = 0; i < rank; i++)
        {
            shape[i] = axes.Contains(i) ? 1 : data.Shape[from++];
        }

        context.View(0, 0, shape);
    }
}
