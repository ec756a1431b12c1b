using System.Numerics;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Neural;

/// <summary>A kernel that computes in the type of its first operand: double, or float for the small types too.
/// </summary>
/// <param name="operand">Name of the first operand.</param>
internal abstract class RealKernel(string operand = "X") : Kernel
{
    /// <inheritdoc/>
    public sealed override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (Reals.IsSingle(x.Type))
        {
            Run<float>(context, x);
        }
        else if (x.Type == ElementType.Float64)
        {
            Run<double>(context, x);
        }
        else
        {
            throw Operand.Type(x, operand);
        }
    }

    /// <param name="x">The first operand; <see cref="Reals"/> reads it as T.</param>
    protected abstract void Run<T>(KernelContext context, TensorValue x)
        where T : unmanaged, IFloatingPointIeee754<T>;
}
