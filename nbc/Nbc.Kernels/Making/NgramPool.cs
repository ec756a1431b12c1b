using System.Text;

namespace Nbc.Kernels.Making;

/// <summary>All n-grams that are looked for, as a tree: from each item to those that may follow it.</summary>
internal sealed class NgramPool
{
    public const int Root = 0;

    private const long NoItem = -1;

    private readonly Dictionary<string, long>? _items;
    private readonly Dictionary<(int Node, long Item), int> _children = [];
    private readonly List<int> _ngrams = [-1];

    /// <param name="shortest">N-grams that are shorter are counted, but not looked for; longer ones likewise.</param>
    public NgramPool(KernelAttributes attributes, long shortest, long longest)
    {
        byte[][]? strings = attributes.Find("pool_strings")?.Texts;
        _items = strings is null ? null : new Dictionary<string, long>(StringComparer.Ordinal);
        long[] pool = strings?.Select(Add).ToArray() ?? attributes.Ints("pool_int64s") ?? [];
        long[] starts = attributes.Ints("ngram_counts") ?? [];
        for (int i = 0; i < starts.Length; i++)
        {
            long end = i + 1 < starts.Length ? starts[i + 1] : pool.Length;
            if (starts[i] < 0 || end < starts[i] || end > pool.Length || (end - starts[i]) % (i + 1) != 0)
            {
                throw new KernelException(
                    KernelFault.WrongAttribute, $"ngram_counts does not cut the pool into n-grams of {i + 1}");
            }

            bool isWanted = i + 1 >= shortest && i + 1 <= longest;
            for (long at = starts[i]; at < end; at += i + 1, Count++)
            {
                if (isWanted)
                {
                    Grow(pool.AsSpan((int)at, i + 1));
                }
            }
        }
    }

    /// <summary>N-grams in the pool.</summary>
    public int Count { get; private set; }

    /// <summary>True when items are strings, false when they are whole numbers.</summary>
    public bool HoldsText => _items is not null;

    /// <summary>The number that stands for a string; one that is not in the pool has none that ever matches.</summary>
    public long Item(byte[] text) =>
        _items is not null && _items.TryGetValue(Encoding.Latin1.GetString(text), out long item) ? item : NoItem;

    /// <summary>Goes on by an item; false when no n-gram goes on so.</summary>
    /// <param name="ngram">The n-gram that ends here, or -1.</param>
    public bool TryStep(ref int node, long item, out int ngram)
    {
        bool goesOn = _children.TryGetValue((node, item), out int child);
        node = child;
        ngram = goesOn ? _ngrams[child] : -1;
        return goesOn;
    }

    // Bytes as Latin-1: any byte string has a text of its own.
    private long Add(byte[] text)
    {
        string key = Encoding.Latin1.GetString(text);
        _items!.TryAdd(key, _items.Count);
        return _items[key];
    }

    private void Grow(ReadOnlySpan<long> ngram)
    {
        int node = Root;
        foreach (long item in ngram)
        {
            if (!_children.TryGetValue((node, item), out int child))
            {
                child = _ngrams.Count;
                _ngrams.Add(-1);
                _children.Add((node, item), child);
            }

            node = child;
        }

        _ngrams[node] = Count;
    }
}
