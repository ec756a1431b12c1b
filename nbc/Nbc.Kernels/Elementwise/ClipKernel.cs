using System.Numerics;
using System.Numerics.Tensors;
using Nbc.Kernels.Iteration;
using Nbc.Values;

namespace Nbc.Kernels.Elementwise;

/// <summary>Keeps each element between two bounds.</summary>
/// <remarks>
/// Shape: y as x; min and max are single elements.
/// Special values: NaN stays; with min above max everything becomes max.
/// Source: ONNX operator Clip, version 13.
/// </remarks>
internal sealed class ClipKernel : Kernel
{
    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue? min = Bound(context, 1, "min");
        TensorValue? max = Bound(context, 2, "max");
        if (NumberTypes.IsWide(x.Type))
        {
            Wide(x, min, max, context.OutputOver(0, 0, x.Type, x.Shape));
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(context, x, min, max)))
        {
            throw Refusal.Type("input", x.Type, "a number");
        }
    }

    private static TensorValue? Bound(KernelContext context, int input, string name)
    {
        TensorValue? bound = context.OptionalInput(input);
        if (bound is not null && bound.Type != context.Input(0).Type)
        {
            throw Refusal.Type(name, bound.Type, context.Input(0).Type);
        }

        return bound is null || bound.Count == 1 ? bound : throw Refusal.Shape(name, bound.Shape, "one element");
    }

    private static void Wide(TensorValue x, TensorValue? min, TensorValue? max, TensorValue y)
    {
        Span<float> block = stackalloc float[FloatBlocks.Length];
        float least = float.NegativeInfinity;
        float largest = float.PositiveInfinity;
        if (min is not null)
        {
            FloatBlocks.Widen(x.Type, min.Span<ushort>(), new Span<float>(ref least));
        }

        if (max is not null)
        {
            FloatBlocks.Widen(x.Type, max.Span<ushort>(), new Span<float>(ref largest));
        }

        ReadOnlySpan<ushort> from = x.Span<ushort>();
        Span<ushort> to = y.Span<ushort>();
        for (int i = 0; i < from.Length; i += block.Length)
        {
            Span<float> part = block[..Math.Min(block.Length, from.Length - i)];
            FloatBlocks.Widen(x.Type, from.Slice(i, part.Length), part);
            TensorPrimitives.Max(part, least, part);
            TensorPrimitives.Min(part, largest, part);
            FloatBlocks.Narrow(x.Type, part, to.Slice(i, part.Length));
        }
    }

    private readonly struct Action(KernelContext context, TensorValue x, TensorValue? min, TensorValue? max)
        : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T>
        {
            bool hasMin = min is not null;
            bool hasMax = max is not null;
            T least = hasMin ? min!.Span<T>()[0] : T.MinValue;
            T largest = hasMax ? max!.Span<T>()[0] : T.MaxValue;
            ReadOnlySpan<T> from = x.Span<T>();
            Span<T> to = context.OutputOver(0, 0, x.Type, x.Shape).Span<T>();
            for (int i = 0; i < from.Length; i += BroadcastRuns.MaxLength)
            {
                int length = Math.Min(BroadcastRuns.MaxLength, from.Length - i);
                Span<T> part = to.Slice(i, length);
                from.Slice(i, length).CopyTo(part);
                if (hasMin)
                {
                    TensorPrimitives.Max(part, least, part);
                }

                if (hasMax)
                {
                    TensorPrimitives.Min(part, largest, part);
                }

                context.ThrowIfCancelled();
            }
        }
    }
}
