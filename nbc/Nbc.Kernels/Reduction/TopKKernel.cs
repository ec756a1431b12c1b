using System.Numerics;
using Nbc.Kernels.Iteration;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Reduction;

/// <summary>The k largest, or smallest, elements of each lane, best first, and where they were.</summary>
/// <remarks>
/// Special values: of equal elements the one with the lower index comes first; NaN is larger than all numbers.
/// Meaning: results are in order whatever the attribute sorted says.
/// Cost: n log k for a lane of n.
/// Source: ONNX operator TopK, version 24.
/// </remarks>
internal sealed class TopKKernel(KernelAttributes attributes) : Kernel
{
    private readonly long _axis = attributes.Int("axis", -1);
    private readonly bool _isLargest = attributes.Flag("largest", true);

    /// <inheritdoc/>
    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        TensorValue k = context.Input(1);
        if (k.Type != ElementType.Int64)
        {
            throw Refusal.Type("K", k.Type, ElementType.Int64);
        }

        if (k.Count != 1)
        {
            throw Refusal.Shape("K", k.Shape, "one element");
        }

        int axis = Lanes.CheckAxis(_axis, Broadcast.CheckRank(x.Rank));
        Lanes lanes = Lanes.Along(x.Shape, axis);
        long wanted = k.Span<long>()[0];
        if (wanted < 0 || wanted > lanes.Size)
        {
            throw Refusal.Range("K", wanted, $"0 to {lanes.Size}");
        }

        Span<long> shape = stackalloc long[Broadcast.MaxRank];
        x.Shape.CopyTo(shape);
        shape[axis] = wanted;
        TensorValue values = context.Output(0, x.Type, shape[..x.Rank]);
        TensorValue indices = context.Output(1, ElementType.Int64, shape[..x.Rank]);
        if (NumberTypes.IsWide(x.Type))
        {
            Span<float> room = FloatBlocks.Room(context, values);
            Run<float>(context, FloatBlocks.Singles(context, x), lanes, (int)wanted, room, indices.Span<long>());
            FloatBlocks.Store(room, values);
        }
        else if (!NumberTypes.TryNumbers(x.Type, new Action(this, context, x, lanes, values, indices, (int)wanted)))
        {
            throw Refusal.Type("X", x.Type, "a number");
        }
    }

    private void Run<T>(
        KernelContext context, ReadOnlySpan<T> x, Lanes lanes, int k, Span<T> values, Span<long> indices)
        where T : INumber<T>
    {
        if (k == 0)
        {
            return;
        }

        Span<int> heap = FloatBlocks.Scratch<int>(context, k);
        Lanes results = lanes with { Size = k };
        for (int lane = 0; lane < lanes.Count; lane++)
        {
            ReadOnlySpan<T> items = x[lanes.First(lane)..];
            Select(items, lanes, heap);
            int to = results.First(lane);
            for (int i = 0; i < k; i++)
            {
                values[to + (i * lanes.Inner)] = items[heap[i] * lanes.Inner];
                indices[to + (i * lanes.Inner)] = heap[i];
            }

            if (lane % 1024 == 0)
            {
                context.ThrowIfCancelled();
            }
        }
    }

    // A heap of the best so far with the worst on top; taken apart from the top it gives the order backwards.
    private void Select<T>(ReadOnlySpan<T> items, Lanes lanes, Span<int> heap)
        where T : INumber<T>
    {
        for (int i = 0; i < lanes.Size; i++)
        {
            if (i < heap.Length)
            {
                heap[i] = i;
                if (i == heap.Length - 1)
                {
                    for (int top = (heap.Length / 2) - 1; top >= 0; top--)
                    {
                        Sink(items, lanes.Inner, heap, top);
                    }
                }
            }
            else if (IsBefore(items, lanes.Inner, i, heap[0]))
            {
                heap[0] = i;
                Sink(items, lanes.Inner, heap, 0);
            }
        }

        for (int last = heap.Length - 1; last > 0; last--)
        {
            (heap[0], heap[last]) = (heap[last], heap[0]);
            Sink(items, lanes.Inner, heap[..last], 0);
        }
    }

    private void Sink<T>(ReadOnlySpan<T> items, int inner, Span<int> heap, int at)
        where T : INumber<T>
    {
        while ((2 * at) + 1 < heap.Length)
        {
            int child = (2 * at) + 1;
            if (child + 1 < heap.Length && IsBefore(items, inner, heap[child], heap[child + 1]))
            {
                child++;
            }

            if (!IsBefore(items, inner, heap[at], heap[child]))
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private bool IsBefore<T>(ReadOnlySpan<T> items, int inner, int left, int right)
        where T : INumber<T>
    {
        T a = items[left * inner];
        T b = items[right * inner];
        bool isNanA = T.IsNaN(a);
        bool isNanB = T.IsNaN(b);
        if (isNanA || isNanB)
        {
            return isNanA == isNanB ? left < right : isNanA == _isLargest;
        }

        return a == b ? left < right : a > b == _isLargest;
    }

    private readonly struct Action(
        TopKKernel kernel,
        KernelContext context,
        TensorValue x,
        Lanes lanes,
        TensorValue values,
        TensorValue indices,
        int k) : INumberAction
    {
        public void Invoke<T>()
            where T : unmanaged, IBinaryNumber<T>, IMinMaxValue<T> =>
            kernel.Run<T>(context, x.Span<T>(), lanes, k, values.Span<T>(), indices.Span<long>());
    }
}
