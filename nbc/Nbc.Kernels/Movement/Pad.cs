using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>Adds elements before and after, or takes them away, along each axis.</summary>
/// <remarks>
/// Meaning: mode constant fills with a value, edge repeats the border element, reflect mirrors without repeating it,
/// wrap goes on from the other end. A negative amount takes elements away, in every mode; what is repeated or mirrored
/// is what stays. Reflect goes to and fro as often as needed.
/// Source: ONNX operator Pad, version 25.
/// </remarks>
internal sealed class Pad(KernelAttributes attributes) : Kernel
{
    private const int Constant = 0, Edge = 1, Reflect = 2;

    private readonly int _mode = attributes.Choice("mode", "constant", "edge", "reflect", "wrap");

    public override void Run(KernelContext context)
    {
        TensorValue data = context.Input(0);
        int rank = Dimensions.Rank(data);
        Span<long> before = stackalloc long[rank];
        Span<long> after = stackalloc long[rank];
        ReadPads(context, rank, before, after);
        Span<long> kept = stackalloc long[rank];
        Span<long> start = stackalloc long[rank];
        Span<long> shape = stackalloc long[rank];
        for (int i = 0; i < rank; i++)
        {
            start[i] = Math.Max(0, -before[i]);
            kept[i] = Math.Max(0, data.Shape[i] - start[i] - Math.Max(0, -after[i]));
            shape[i] = data.Shape[i] + before[i] + after[i];
            if (shape[i] < 0 || (_mode != Constant && kept[i] == 0 && shape[i] > 0))
            {
                throw new KernelException(
                    KernelFault.WrongShape, $"pads {before[i]} and {after[i]} do not fit axis {i} of {data}");
            }
        }

        TensorValue output = context.Output(0, data.Type, shape);
        if (_mode == Constant)
        {
            Fill(context.OptionalInput(2), output);
            CopyInside(context, data, output, before, start, kept);
        }
        else if (output.Count > 0)
        {
            Repeat repeat = new(context, _mode, data.Shape, shape, before, start, kept);
            ElementMove.Run(ref repeat, data, output);
        }
    }

    private static void ReadPads(KernelContext context, int rank, Span<long> before, Span<long> after)
    {
        TensorValue? named = context.OptionalInput(3);
        int count = named is null ? rank : Dimensions.Length(named, "axes");
        Span<long> axes = stackalloc long[count];
        Span<long> pads = stackalloc long[2 * count];
        if (named is null)
        {
            for (int i = 0; i < count; i++)
            {
                axes[i] = i;
            }
        }
        else
        {
            Dimensions.ReadAxes(named, rank, "axes", axes);
        }

        TensorValue amounts = context.Input(1);
        Dimensions.CheckIndexType(amounts, "pads");
        if (amounts.Rank != 1 || amounts.Count != 2 * count)
        {
            throw new KernelException(
                KernelFault.WrongShape, $"pads is {amounts}, not the {2 * count} numbers of {count} axes");
        }

        Dimensions.Read(amounts, pads);
        before.Clear();
        after.Clear();
        for (int i = 0; i < count; i++)
        {
            before[(int)axes[i]] = Bound(pads[i]);
            after[(int)axes[i]] = Bound(pads[count + i]);
        }
    }

    private static long Bound(long pad) => pad is >= int.MinValue and <= int.MaxValue
        ? pad
        : throw new KernelException(KernelFault.TooLarge, $"a pad of {pad} elements is out of all bounds");

    private static void Fill(TensorValue? value, TensorValue output)
    {
        if (value is null)
        {
            ElementMove.Clear(output);
            return;
        }

        Dimensions.CheckType(value, output.Type, "constant_value");
        if (value.Count != 1)
        {
            throw new KernelException(KernelFault.WrongShape, $"constant_value is {value}, not one element");
        }

        FillAll fill = default;
        ElementMove.Run(ref fill, value, output);
    }

    // Amounts may take away more than there is, while the other side adds: then only filling stays.
    private static void CopyInside(
        KernelContext context,
        TensorValue data,
        TensorValue output,
        ReadOnlySpan<long> before,
        ReadOnlySpan<long> start,
        ReadOnlySpan<long> kept)
    {
        int rank = before.Length;
        Span<long> from = stackalloc long[rank];
        Span<long> to = stackalloc long[rank];
        Span<long> extents = stackalloc long[rank];
        Shapes.Strides(data.Shape, from);
        Shapes.Strides(output.Shape, to);
        long first = 0, target = 0;
        for (int i = 0; i < rank; i++)
        {
            long place = Math.Max(0, before[i]);
            extents[i] = Math.Clamp(output.Shape[i] - place, 0, kept[i]);
            first += start[i] * from[i];
            target += place * to[i];
        }

        StridedCopy.Run(context, data, from, first, output, to, target, extents);
    }

    private struct FillAll : IElementMove
    {
        public readonly void Move<T>(ReadOnlySpan<T> source, Span<T> target) => target.Fill(source[0]);
    }

    // Row by row: where each coordinate of the result comes from, the innermost from a table.
    private readonly ref struct Repeat : IElementMove
    {
        private readonly KernelContext _context;
        private readonly int _mode;
        private readonly ReadOnlySpan<long> _whole, _shape, _before, _start, _kept;

        public Repeat(
            KernelContext context,
            int mode,
            ReadOnlySpan<long> whole,
            ReadOnlySpan<long> shape,
            ReadOnlySpan<long> before,
            ReadOnlySpan<long> start,
            ReadOnlySpan<long> kept)
        {
            _context = context;
            _mode = mode;
            _whole = whole;
            _shape = shape;
            _before = before;
            _start = start;
            _kept = kept;
        }

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int rank = _shape.Length;
            if (rank == 0)
            {
                source.CopyTo(target);
                return;
            }

            int width = (int)_shape[^1];
            Span<int> columns = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(
                _context.Scratch((long)width * sizeof(int)));
            for (int i = 0; i < width; i++)
            {
                columns[i] = (int)From(rank - 1, i);
            }

            Span<long> steps = stackalloc long[rank];
            Span<long> index = stackalloc long[rank];
            Shapes.Strides(_whole, steps);
            index.Clear();
            for (int at = 0; at < target.Length; at += width)
            {
                long row = 0;
                for (int axis = 0; axis < rank - 1; axis++)
                {
                    row += From(axis, index[axis]) * steps[axis];
                }

                for (int i = 0; i < width; i++)
                {
                    target[at + i] = source[(int)row + columns[i]];
                }

                _context.ThrowIfCancelled();
                for (int axis = rank - 2; axis >= 0 && ++index[axis] == _shape[axis]; axis--)
                {
                    index[axis] = 0;
                }
            }
        }

        private long From(int axis, long place)
        {
            long count = _kept[axis], at = place - Math.Max(0, _before[axis]);
            if (_mode == Edge)
            {
                at = Math.Clamp(at, 0, count - 1);
            }
            else if (_mode == Reflect)
            {
                long period = Math.Max(1, 2 * (count - 1));
                at = ((at % period) + period) % period;
                at = at >= count ? period - at : at;
            }
            else
            {
                at = ((at % count) + count) % count;
            }

            return _start[axis] + at;
        }
    }
}
