namespace Noodle.Client.Protocol;

/// <summary>Learns a shape from nested lists and refuses lists that differ in length or depth.</summary>
internal sealed class Nesting
{
    private const string Ragged = "the lists in it differ in length or depth";

    private readonly List<long> _counts = [];
    private readonly List<long> _sizes = [];
    private bool _hasLeaf;

    /// <summary>Lists that are open.</summary>
    public int Depth => _counts.Count;

    public long[] Shape => [.. _sizes];

    /// <summary>A list begins.</summary>
    public string? Open()
    {
        if (_hasLeaf && Depth == _sizes.Count)
        {
            return Ragged; // a list where others have elements
        }

        Count();
        _counts.Add(0);
        if (_sizes.Count < Depth)
        {
            _sizes.Add(-1); // known when the first list at this depth ends
        }

        return null;
    }

    /// <summary>A list ends.</summary>
    public string? Close()
    {
        int last = Depth - 1;
        long count = _counts[last];
        _counts.RemoveAt(last);
        if (_sizes[last] < 0)
        {
            _sizes[last] = count;
        }

        return _sizes[last] == count ? null : Ragged;
    }

    /// <summary>An element.</summary>
    public string? Leaf()
    {
        if (Depth != _sizes.Count)
        {
            return Ragged; // an element where others have a list
        }

        Count();
        _hasLeaf = true;
        return null;
    }

    private void Count()
    {
        if (Depth > 0)
        {
            _counts[^1]++;
        }
    }
}
