using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Leaves out axes of one element: those named, or all.</summary>
/// <remarks>Source: ONNX operator Squeeze, version 25.</remarks>
internal sealed class Squeeze : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        int rank = Dimensions.Rank(data), left = 0;
        Span<bool> goes = stackalloc bool[rank];
        Choose(data, context.OptionalInput(1), goes);
        Span<long> shape = stackalloc long[rank];
        for (int i = 0; i < rank; i++)
        {
            if (!goes[i])
            {
                shape[left++] = data.Shape[i];
            }
        }

        context.View(0, 0, shape[..left]);
    }

    private static void Choose(TensorValue data, TensorValue? named, Span<bool> goes)
    {
        goes.Clear();
        if (named is null)
        {
            for (int i = 0; i < goes.Length; i++)
            {
                goes[i] = data.Shape[i] == 1;
            }

            return;
        }

        Span<long> axes = stackalloc long[Dimensions.Length(named, "axes")];
        Dimensions.Read(named, axes);
        foreach (long axis in axes)
        {
            int normal = Dimensions.Axis(axis, goes.Length);
            goes[normal] = data.Shape[normal] == 1 ? true : throw new KernelException(
                KernelFault.WrongShape, $"axis {normal} of {data} has {data.Shape[normal]} elements, not one");
        }
    }
}
