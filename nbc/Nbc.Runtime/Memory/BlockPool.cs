using System.Numerics;
using System.Runtime.InteropServices;
using Nbc.Kernels;
using Nbc.Values;

namespace Nbc.Runtime.Memory;

/// <summary>Blocks of memory that are used again: the smallest free one that fits is taken.</summary>
/// <remarks>
/// Bound: the budget; when that is used up, free blocks are given back to the system and the request tried once more.
/// Cost: a program that asks for the same sizes again takes no new memory.
/// </remarks>
internal sealed class BlockPool(MemoryBudget budget)
{
    private const long FineGrain = 4096;

    // By capacity; among equal ones the last returned is the first taken, while it is still in the caches.
    private readonly List<BlockMemory> _free = [];

    /// <summary>Called when memory is short, before free blocks are dropped.</summary>
    public Action? BeforeTrim { get; set; }

    /// <summary>A block with one reference, the caller's.</summary>
    /// <exception cref="KernelException">Memory is used up.</exception>
    public BlockMemory Take(long bytes)
    {
        int at = FirstOfAtLeast(bytes);
        if (at < _free.Count && _free[at].Capacity <= MostFor(bytes))
        {
            int last = at;
            while (last + 1 < _free.Count && _free[last + 1].Capacity == _free[at].Capacity)
            {
                last++;
            }

            BlockMemory block = _free[last];
            _free.RemoveAt(last);
            block.Start();
            return block;
        }

        return Make(Rounded(bytes));
    }

    /// <summary>Drops every free block.</summary>
    public void Trim()
    {
        BeforeTrim?.Invoke();
        foreach (BlockMemory block in _free)
        {
            budget.GiveBack(block.Capacity);
            block.Drop();
        }

        _free.Clear();
    }

    internal void Return(BlockMemory block)
    {
        int at = FirstOfAtLeast(block.Capacity + 1);
        _free.Insert(at, block);
    }

    private BlockMemory Make(long capacity)
    {
        if (!budget.TryTake(capacity))
        {
            Trim();
            if (!budget.TryTake(capacity))
            {
                throw new KernelException(KernelFault.TooLarge,
                    $"{capacity} bytes are wanted, {budget.Held} of {budget.Limit} are in use");
            }
        }

        try
        {
            return new BlockMemory(this, capacity);
        }
        catch (OutOfMemoryException)
        {
            budget.GiveBack(capacity);
            throw new KernelException(KernelFault.TooLarge, $"the system has no {capacity} bytes left");
        }
    }

    private int FirstOfAtLeast(long bytes)
    {
        int low = 0, high = _free.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_free[middle].Capacity < bytes)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // A block twice as large as needed is better used for something else.
    private static long MostFor(long bytes) => bytes > long.MaxValue / 4 ? long.MaxValue : Rounded(bytes) * 2;

    // Steps of a cache line, later of a sixteenth, so that sizes that differ a little share blocks.
    private static long Rounded(long bytes)
    {
        bytes = Math.Max(bytes, 1);
        long step = bytes <= FineGrain
            ? TensorMemory.Alignment
            : (long)BitOperations.RoundUpToPowerOf2((ulong)bytes) / 16;
        return bytes > long.MaxValue - step ? long.MaxValue : (bytes + step - 1) / step * step;
    }
}

/// <summary>A block of a pool, to which it returns with its last reference.</summary>
internal sealed unsafe class BlockMemory : TensorMemory
{
    private readonly BlockPool _pool;
    private byte* _start;

    public BlockMemory(BlockPool pool, long capacity)
        : base((byte*)NativeMemory.AlignedAlloc((nuint)capacity, Alignment), capacity)
    {
        _pool = pool;
        _start = Pointer;
        Capacity = capacity;
    }

    ~BlockMemory() => NativeMemory.AlignedFree(_start);

    /// <summary>Unit: bytes.</summary>
    public long Capacity { get; }

    public void Start() => Restart(_start, Capacity);

    /// <summary>Gives the memory to the system; the object is of no use any more.</summary>
    public void Drop()
    {
        NativeMemory.AlignedFree(_start);
        _start = null; // the finalizer then frees nothing
    }

    protected override void Free() => _pool.Return(this);
}
