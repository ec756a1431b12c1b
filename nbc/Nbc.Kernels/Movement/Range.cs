using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>From a number up to, and without, another, in even steps.</summary>
/// <remarks>
/// Meaning: element i is start + i * delta, of whole numbers without rounding, of single and double precision computed
/// in double, of float16 and bfloat16 in what stash_type names.
/// Source: ONNX operator Range, version 27.
/// </remarks>
internal sealed class Range : Kernel
{
    private const int Block = 1 << 16;

    private readonly bool _stashesSingle;

    public Range(KernelAttributes attributes)
    {
        ElementType stash = attributes.Type("stash_type", ElementType.Float32);
        _stashesSingle = stash == ElementType.Float32;
        if (stash is not (ElementType.Float32 or ElementType.Float64))
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"stash_type is {(int)stash}, expected that of float32 or float64");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue first = context.Input(0);
        TensorValue limit = context.Input(1);
        TensorValue delta = context.Input(2);
        Dimensions.CheckType(limit, first.Type, "limit");
        Dimensions.CheckType(delta, first.Type, "delta");
        double start = Scalars.One(first, "start"), step = Scalars.One(delta, "delta");
        double count = Math.Ceiling((Scalars.One(limit, "limit") - start) / step);
        if (ElementTypes.IsFloat(first.Type))
        {
            bool isSingle = _stashesSingle && NumberTypes.IsWide(first.Type);
            TensorValue output = context.Output(0, first.Type, Checked(count, step));
            for (int i = 0; i < output.Count; i++)
            {
                Scalars.Put(output, i, isSingle ? (float)start + ((float)step * i) : start + (i * step));
                Breathe(context, i);
            }

            return;
        }

        Whole(context, first, limit, delta);
    }

    private static void Whole(KernelContext context, TensorValue first, TensorValue limit, TensorValue delta)
    {
        Int128 start = Scalars.ToLong(first, 0), step = Scalars.ToLong(delta, 0);
        Int128 span = Scalars.ToLong(limit, 0) - start;
        Int128 count = step == 0 || span == 0 || (span < 0) != (step < 0)
            ? 0 : ((Int128.Abs(span) - 1) / Int128.Abs(step)) + 1;
        TensorValue output = context.Output(0, first.Type, Checked((double)count, (double)step));
        for (int i = 0; i < output.Count; i++)
        {
            Put(output, i, (long)(start + (i * step)));
            Breathe(context, i);
        }
    }

    private static void Put(TensorValue output, int i, long value)
    {
        if (output.Type == ElementType.Int64)
        {
            output.Span<long>()[i] = value;
        }
        else
        {
            Scalars.Put(output, i, value);
        }
    }

    private static long Checked(double count, double step)
    {
        if (step == 0 || double.IsNaN(count))
        {
            throw new KernelException(KernelFault.OutOfRange, $"steps of {step} lead nowhere");
        }

        return count > int.MaxValue
            ? throw new KernelException(KernelFault.TooLarge, $"{count} elements are too many for a tensor")
            : (long)Math.Max(0, count);
    }

    private static void Breathe(KernelContext context, int i)
    {
        if ((i & (Block - 1)) == 0)
        {
            context.ThrowIfCancelled();
        }
    }
}
