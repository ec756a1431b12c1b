using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Strings joined, element by element, with broadcasting.</summary>
/// <remarks>Source: ONNX operator StringConcat, version 20.</remarks>
internal sealed class StringConcat : Kernel
{
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue y = context.Input(1);
        Dimensions.CheckType(x, ElementType.String, "X");
        Dimensions.CheckType(y, ElementType.String, "Y");
        int rank = Math.Max(Dimensions.Rank(x), Dimensions.Rank(y));
        Span<long> shape = stackalloc long[rank];
        if (!Shapes.TryBroadcast(x.Shape, y.Shape, shape))
        {
            throw new KernelException(KernelFault.WrongShape, $"{x} and {y} do not broadcast");
        }

        TensorValue left = context.Output(0, ElementType.String, shape);
        TensorValue right = TensorValue.Allocate(ElementType.String, shape);
        Spread(context, x, left);
        Spread(context, y, right);
        for (int i = 0; i < left.Count; i++)
        {
            left.Strings[i] = [.. left.Strings[i], .. right.Strings[i]];
        }
    }

    private static void Spread(KernelContext context, TensorValue source, TensorValue target)
    {
        Span<long> from = stackalloc long[target.Rank];
        from.Clear();
        int lead = target.Rank - source.Rank;
        Shapes.Strides(source.Shape, from[lead..]);
        for (int i = lead; i < target.Rank; i++)
        {
            from[i] = source.Shape[i - lead] == 1 ? 0 : from[i];
        }

        StridedCopy.Gather(context, source, from, 0, target);
    }
}
