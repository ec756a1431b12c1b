using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Applies a function of real numbers to each element.</summary>
/// <remarks>Shape: y as x. Special values: as IEEE 754 says. Cost: one pass.</remarks>
internal sealed class RealUnaryKernel<TOp>(double a = 0, double b = 0) : Kernel
    where TOp : IRealUnary
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (!NumberTypes.IsWide(x.Type) && x.Type is not (ElementType.Float32 or ElementType.Float64))
        {
            throw Refusal.Type("X", x.Type, "floating point of 16, 32 or 64 bits");
        }

        TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
        if (NumberTypes.IsWide(x.Type))
        {
            Wide(context, x, y);
            return;
        }

        NumberTypes.TryReals(x.Type, new Action(context, x, y, a, b));
    }

    private void Wide(KernelContext context, TensorValue x, TensorValue y)
    {
        Span<float> block = stackalloc float[FloatBlocks.Length];
        ReadOnlySpan<ushort> from = x.Span<ushort>();
        Span<ushort> to = y.Span<ushort>();
        for (int i = 0; i < from.Length; i += block.Length)
        {
            int length = Math.Min(block.Length, from.Length - i);
            FloatBlocks.Widen(x.Type, from.Slice(i, length), block);
            TOp.Invoke<TOp, float>(block[..length], block[..length], (float)a, (float)b);
            FloatBlocks.Narrow(x.Type, block[..length], to.Slice(i, length));
            if (i % BroadcastRuns.MaxLength == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x, TensorValue y, double a, double b)
        : IRealAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryFloatingPointIeee754<T>, IMinMaxValue<T>
        {
            ReadOnlySpan<T> from = x.Span<T>();
            Span<T> to = y.Span<T>();
            for (int i = 0; i < from.Length; i += BroadcastRuns.MaxLength)
            {
                int length = Math.Min(BroadcastRuns.MaxLength, from.Length - i);
                TOp.Invoke<TOp, T>(
                    from.Slice(i, length), to.Slice(i, length), T.CreateTruncating(a), T.CreateTruncating(b));
                context.ThrowIfCancelled();
            }
        }
    }
}

/// <summary>Applies a function of numbers of any kind to each element.</summary>
/// <remarks>Shape: y as x. Special values: whole numbers wrap. Cost: one pass.</remarks>
internal sealed class NumberUnaryKernel<TOp>(double a = 0, double b = 0) : Kernel
    where TOp : INumberUnary
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        if (NumberTypes.IsWide(x.Type))
        {
            Wide(x, context.OutputOver(0, 0, x.Type, x.Shape));
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(context, x, a, b)))
        {
            throw Refusal.Type("X", x.Type, "a number");
        }
    }

    private void Wide(TensorValue x, TensorValue y)
    {
        Span<float> block = stackalloc float[FloatBlocks.Length];
        ReadOnlySpan<ushort> from = x.Span<ushort>();
        Span<ushort> to = y.Span<ushort>();
        for (int i = 0; i < from.Length; i += block.Length)
        {
            int length = Math.Min(block.Length, from.Length - i);
            FloatBlocks.Widen(x.Type, from.Slice(i, length), block);
            TOp.Invoke<TOp, float>(block[..length], block[..length], (float)a, (float)b);
            FloatBlocks.Narrow(x.Type, block[..length], to.Slice(i, length));
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x, double a, double b) : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
        {
            TensorValue y = context.OutputOver(0, 0, x.Type, x.Shape);
            ReadOnlySpan<T> from = x.Span<T>();
            Span<T> to = y.Span<T>();
            for (int i = 0; i < from.Length; i += BroadcastRuns.MaxLength)
            {
                int length = Math.Min(BroadcastRuns.MaxLength, from.Length - i);
                TOp.Invoke<TOp, T>(
                    from.Slice(i, length), to.Slice(i, length), T.CreateTruncating(a), T.CreateTruncating(b));
                context.ThrowIfCancelled();
            }
        }
    }
}
