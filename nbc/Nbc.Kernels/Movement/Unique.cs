using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Movement;

/// <summary>What there is, once each: elements, or slices along an axis.</summary>
/// <remarks>
/// Meaning: sorted, or in the order of first appearance. The further results say where each first appeared, which of
/// the results each slice of the operand is, and how often each appeared.
/// Special values: the order of <see cref="OrderKeys"/>.
/// Source: ONNX operator Unique, version 11.
/// </remarks>
internal sealed class Unique(KernelAttributes attributes) : Kernel
{
    private readonly long? _axis = attributes.Has("axis") ? attributes.Int("axis") : null;
    private readonly bool _isSorted = attributes.Flag("sorted", true);

    public override unsafe void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        int rank = Dimensions.Rank(x);
        int axis = _axis is { } named ? Dimensions.Axis(named, rank) : 0;
        int size = _axis is null ? x.Count : (int)x.Shape[axis];
        int outer = _axis is null ? 1 : Dimensions.Count(x.Shape[..axis]);
        int inner = _axis is null ? 1 : Dimensions.Count(x.Shape[(axis + 1)..]);
        int perElement = OrderKeys.PerElement(x.Type);
        Span<ulong> keys = MemoryMarshal.Cast<byte, ulong>(
            context.Scratch((long)x.Count * perElement * sizeof(ulong)));
        OrderKeys.Fill(x, keys);
        SliceOrder comparer = new(
            (ulong*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(keys)), outer, size, inner * perElement);

        Span<int> order = Ints(context, size), group = Ints(context, size), first = Ints(context, size);
        for (int i = 0; i < size; i++)
        {
            order[i] = i;
        }

        order.Sort(comparer);
        context.ThrowIfCancelled();
        int groups = Group(order, comparer, group, first);
        if (!_isSorted)
        {
            ByAppearance(context, first[..groups], group);
        }

        GiveSlices(context, x, axis, first[..groups], outer, size, inner);
        GiveNumbers(context, first[..groups], group);
    }

    // order is sorted, of equal slices the earliest first; group then says which group a slice is in.
    private static int Group(ReadOnlySpan<int> order, SliceOrder comparer, Span<int> group, Span<int> first)
    {
        int groups = 0;
        for (int i = 0; i < order.Length; i++)
        {
            if (i == 0 || !comparer.AreEqual(order[i - 1], order[i]))
            {
                first[groups++] = order[i];
            }

            group[order[i]] = groups - 1;
        }

        return groups;
    }

    private static void ByAppearance(KernelContext context, Span<int> first, Span<int> group)
    {
        Span<int> numbers = Ints(context, first.Length), place = Ints(context, first.Length);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = i;
        }

        first.Sort(numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            place[numbers[i]] = i;
        }

        foreach (ref int number in group)
        {
            number = place[number];
        }
    }

    private void GiveSlices(
        KernelContext context, TensorValue x, int axis, ReadOnlySpan<int> first, int outer, int size, int inner)
    {
        Span<long> shape = stackalloc long[_axis is null ? 1 : x.Rank];
        if (_axis is not null)
        {
            x.Shape.CopyTo(shape);
        }

        shape[axis] = first.Length;
        TensorValue y = context.Output(0, x.Type, shape);
        Pick pick = new(first, outer, size, inner);
        ElementMove.Run(ref pick, x, y);
    }

    private static void GiveNumbers(KernelContext context, ReadOnlySpan<int> first, ReadOnlySpan<int> group)
    {
        if (context.Wants(1))
        {
            Span<long> places = context.Output(1, ElementType.Int64, first.Length).Span<long>();
            for (int i = 0; i < places.Length; i++)
            {
                places[i] = first[i];
            }
        }

        if (context.Wants(2))
        {
            Span<long> inverse = context.Output(2, ElementType.Int64, group.Length).Span<long>();
            for (int i = 0; i < inverse.Length; i++)
            {
                inverse[i] = group[i];
            }
        }

        if (context.Wants(3))
        {
            Span<long> counts = context.Output(3, ElementType.Int64, first.Length).Span<long>();
            counts.Clear();
            foreach (int number in group)
            {
                counts[number]++;
            }
        }
    }

    private static Span<int> Ints(KernelContext context, int count) =>
        MemoryMarshal.Cast<byte, int>(context.Scratch((long)count * sizeof(int)));

    // Slices by their keys; of equal ones the earlier comes first.
    private sealed unsafe class SliceOrder(ulong* keys, int outer, int size, int inner) : IComparer<int>
    {
        public int Compare(int a, int b) => Slices(a, b) is var result && result != 0 ? result : a.CompareTo(b);

        public bool AreEqual(int a, int b) => Slices(a, b) == 0;

        private int Slices(int a, int b)
        {
            for (int o = 0; o < outer; o++)
            {
                ReadOnlySpan<ulong> left = new(keys + (((long)o * size) + a) * inner, inner);
                ReadOnlySpan<ulong> right = new(keys + (((long)o * size) + b) * inner, inner);
                int result = left.SequenceCompareTo(right);
                if (result != 0)
                {
                    return result;
                }
            }

            return 0;
        }
    }

    private readonly ref struct Pick(ReadOnlySpan<int> first, int outer, int size, int inner) : IElementMove
    {
        private readonly ReadOnlySpan<int> _first = first;

        public void Move<T>(ReadOnlySpan<T> source, Span<T> target)
        {
            int to = 0;
            for (int o = 0; o < outer; o++)
            {
                foreach (int slice in _first)
                {
                    source.Slice(((o * size) + slice) * inner, inner).CopyTo(target[to..]);
                    to += inner;
                }
            }
        }
    }
}
