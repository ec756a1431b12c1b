using System.Runtime.InteropServices;
using Nbc.Kernels.Movement;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Making;

/// <summary>Counts n-grams of a pool in each row, and weights the counts.</summary>
/// <remarks>
/// Shape: [c] to [columns], [n, c] to [n, columns]; columns is the largest of ngram_indexes and one.
/// Meaning: the items of an n-gram stand next to each other, or with 1 to max_skip_count others between each two;
/// single items count once. Mode TF gives counts, IDF the weight where there is any, TFIDF their product.
/// Source: ONNX operator TfIdfVectorizer, version 9.
/// </remarks>
internal sealed class TfIdfVectorizer : Kernel
{
    private readonly NgramPool _pool;
    private readonly long _shortest;
    private readonly long _longest;
    private readonly long _skips;
    private readonly int _mode;
    private readonly long[] _columns;
    private readonly double[]? _weights;
    private readonly int _width;

    public TfIdfVectorizer(KernelAttributes attributes)
    {
        _mode = attributes.Choice("mode", "TF", "IDF", "TFIDF");
        _shortest = attributes.Int("min_gram_length", 1);
        _longest = attributes.Int("max_gram_length", 1);
        _skips = attributes.Int("max_skip_count");
        _columns = attributes.Ints("ngram_indexes") ?? [];
        _weights = attributes.Floats("weights");
        _pool = new NgramPool(attributes, _shortest, _longest);
        bool isFine = _shortest >= 1 && _longest >= _shortest && _skips >= 0 && _columns.Length > 0 &&
            _columns.Length >= _pool.Count && _columns.All(column => column is >= 0 and < int.MaxValue);
        if (!isFine)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, "lengths, skips or ngram_indexes do not describe n-grams of the pool");
        }

        _width = (int)_columns.Max() + 1;
        if (_weights is not null && _weights.Length < _width)
        {
            throw new KernelException(
                KernelFault.WrongAttribute, $"{_weights.Length} weights for {_width} columns");
        }
    }

    public override void Run(KernelContext context)
    {
        TensorValue x = context.Input(0);
        bool isFine = _pool.HoldsText ? x.Type == ElementType.String : x.Type is ElementType.Int32 or ElementType.Int64;
        if (x.Rank > 2 || !isFine)
        {
            throw new KernelException(KernelFault.WrongType, $"X is {x}, not rows of what the pool holds");
        }

        int rows = x.Rank == 2 ? (int)x.Shape[0] : 1;
        TensorValue y = x.Rank == 2
            ? context.Output(0, ElementType.Float32, rows, _width) : context.Output(0, ElementType.Float32, _width);
        int length = rows == 0 ? 0 : x.Count / rows;
        Span<long> items = MemoryMarshal.Cast<byte, long>(context.Scratch((long)length * sizeof(long)));
        Span<int> counts = MemoryMarshal.Cast<byte, int>(context.Scratch((long)_width * sizeof(int)));
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < length; i++)
            {
                int at = (row * length) + i;
                items[i] = x.Type == ElementType.String ? _pool.Item(x.Strings[at]) : Scalars.ToLong(x, at);
            }

            counts.Clear();
            Count(context, items, counts);
            Weight(counts, y.Span<float>().Slice(row * _width, _width));
        }
    }

    private void Count(KernelContext context, ReadOnlySpan<long> items, Span<int> counts)
    {
        long shortest = _shortest;
        // Beyond the length of the row a wider gap only finds single items, and those count once.
        for (long step = 1; step <= Math.Min(_skips + 1, Math.Max(1, items.Length)); step++)
        {
            for (int start = 0; start < items.Length && start + (step * (shortest - 1)) < items.Length; start++)
            {
                int node = NgramPool.Root;
                long at = start;
                for (int size = 1; size <= _longest && at < items.Length; size++, at += step)
                {
                    if (!_pool.TryStep(ref node, items[(int)at], out int ngram))
                    {
                        break;
                    }

                    if (size >= shortest && ngram >= 0)
                    {
                        counts[(int)_columns[ngram]]++;
                    }
                }
            }

            context.ThrowIfCancelled();
            shortest = Math.Max(shortest, 2);
            if (shortest > _longest)
            {
                return;
            }
        }
    }

    private void Weight(ReadOnlySpan<int> counts, Span<float> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            double weight = _weights is null || _mode == 0 ? 1 : _weights[i];
            row[i] = (float)(_mode == 1 ? (counts[i] > 0 ? weight : 0) : counts[i] * weight);
        }
    }
}
