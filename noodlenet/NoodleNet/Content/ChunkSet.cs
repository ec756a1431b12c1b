namespace NoodleNet.Content;

/// <summary>Which chunks are here, which are asked for and how often, and which comes next.</summary>
/// <remarks>Cost: 2 bytes a chunk; a step back after a failure walks again over what follows it.</remarks>
internal sealed class ChunkSet(int count)
{
    private readonly bool[] _done = new bool[count];
    private readonly byte[] _asks = new byte[count];
    private int _left = count;
    private int _next; // everything below it is here or asked for

    public static ChunkSet Empty { get; } = new(0);

    public bool IsComplete => _left == 0;

    public int AsksOf(int index) => _asks[index];

    /// <summary>The first chunk that is neither here nor asked for; -1 when there is none.</summary>
    public int PeekWanted()
    {
        while (_next < _done.Length && (_done[_next] || _asks[_next] > 0))
        {
            _next++;
        }

        return _next < _done.Length ? _next : -1;
    }

    public void MarkAsked(int index) => _asks[index]++;

    public void MarkUnasked(int index)
    {
        _asks[index]--;
        _next = Math.Min(_next, index);
    }

    public void MarkDone(int index)
    {
        _left -= _done[index] ? 0 : 1;
        _done[index] = true;
    }
}
