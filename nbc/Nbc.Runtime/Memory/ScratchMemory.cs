using Nbc.Kernels;
using Nbc.Values;

namespace Nbc.Runtime.Memory;

/// <summary>Memory that a kernel has while it runs; the next kernel gets the same.</summary>
internal sealed class ScratchMemory(BlockPool pool)
{
    private readonly List<BlockMemory> _blocks = [];
    private long _used;
    private long _wanted;
    private long _first;

    /// <exception cref="KernelException">It is more than a span holds, or memory is used up.</exception>
    public unsafe Span<byte> Take(long bytes)
    {
        if (bytes is < 0 or > int.MaxValue)
        {
            throw new KernelException(KernelFault.TooLarge, $"{bytes} bytes of scratch memory");
        }

        long size = (Math.Max(bytes, 1) + TensorMemory.Alignment - 1) / TensorMemory.Alignment * TensorMemory.Alignment;
        _wanted += size;
        if (_blocks.Count == 0 || _blocks[^1].Capacity - _used < size)
        {
            _blocks.Add(pool.Take(_blocks.Count == 0 ? Math.Max(size, _first) : size));
            _used = 0;
        }

        Span<byte> place = new(_blocks[^1].Pointer + _used, (int)bytes);
        _used += size;
        return place;
    }

    /// <summary>The kernel is done. When one block was too little, the next one is as large as all together.</summary>
    public void Reset()
    {
        if (_blocks.Count > 1)
        {
            _first = _wanted;
            Drop();
        }

        (_used, _wanted) = (0, 0);
    }

    /// <summary>Gives everything back.</summary>
    public void Drop()
    {
        foreach (BlockMemory block in _blocks)
        {
            block.Release();
        }

        _blocks.Clear();
        (_used, _wanted) = (0, 0);
    }
}
