using System.Diagnostics;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Values;

namespace Nbc.Runtime.Memory;

/// <summary>The planned memory of one call of a function: a slot for each planned register.</summary>
/// <remarks>
/// The plan is trusted for speed, never for safety: a slot is given out only while nothing alive lies over it, and the
/// arena lives as long as a value in it, also when its call is over.
/// </remarks>
internal sealed class FrameArena
{
    private const long SlotBytes = 96;
    private readonly BlockMemory _block;
    private readonly SlotMemory?[] _slots;
    private readonly Stack<FrameArena> _home;
    private readonly MemoryBudget _budget;
    private readonly long _ownBytes;
    private SlotMemory? _firstAlive;
    private bool _isOpen;

    /// <param name="home">Where it lies between calls.</param>
    /// <exception cref="KernelException">Memory is used up.</exception>
    public FrameArena(NbcFunction function, BlockPool pool, MemoryBudget budget, Stack<FrameArena> home)
    {
        _home = home;
        _budget = budget;
        _ownBytes = function.Registers.Length * SlotBytes;
        if (!budget.TryTake(_ownBytes))
        {
            throw new KernelException(KernelFault.TooLarge, $"no memory for {function.Registers.Length} registers");
        }

        try
        {
            _block = pool.Take(function.ArenaBytes);
        }
        catch (KernelException)
        {
            budget.GiveBack(_ownBytes);
            throw;
        }

        _slots = new SlotMemory?[function.Registers.Length];
        for (int i = 0; i < _slots.Length; i++)
        {
            NbcRegister register = function.Registers[i];
            _slots[i] = register.IsPlanned ? new SlotMemory(this, register.ArenaOffset, register.ArenaBytes) : null;
        }
    }

    public void Open()
    {
        Debug.Assert(_firstAlive is null, "an arena at home holds a value");
        _isOpen = true;
    }

    /// <summary>The call is over; the arena goes home as soon as nothing is alive in it.</summary>
    public void Close()
    {
        _isOpen = false;
        GoHomeWhenEmpty();
    }

    /// <summary>Gives the memory back; only for an arena at home.</summary>
    public void Drop()
    {
        _block.Release();
        _budget.GiveBack(_ownBytes);
    }

    /// <summary>The slot of a register, with one reference for the caller; null when it is not planned, too small, or
    /// something lies over it.</summary>
    public SlotMemory? TryTake(int register, long bytes)
    {
        if (_slots[register] is not { } slot || bytes > slot.Size)
        {
            return null;
        }

        for (SlotMemory? alive = _firstAlive; alive is not null; alive = alive.Next)
        {
            if (alive.Offset < slot.Offset + slot.Size && slot.Offset < alive.Offset + alive.Size)
            {
                return null;
            }
        }

        slot.Next = _firstAlive;
        if (_firstAlive is { } second)
        {
            second.Previous = slot;
        }

        _firstAlive = slot;
        slot.Start(_block);
        return slot;
    }

    /// <summary>True when the register has a plan, and it is another place than this.</summary>
    public unsafe bool PlansElsewhere(int register, byte* place) =>
        _slots[register] is { } slot && place != _block.Pointer + slot.Offset;

    internal void Forget(SlotMemory slot)
    {
        if (slot.Next is { } next)
        {
            next.Previous = slot.Previous;
        }

        if (slot.Previous is { } previous)
        {
            previous.Next = slot.Next;
        }
        else
        {
            _firstAlive = slot.Next;
        }

        (slot.Previous, slot.Next) = (null, null);
        if (!_isOpen)
        {
            GoHomeWhenEmpty();
        }
    }

    private void GoHomeWhenEmpty()
    {
        if (_firstAlive is null)
        {
            _home.Push(this);
        }
    }
}

/// <summary>The place of one register in an arena.</summary>
internal sealed unsafe class SlotMemory(FrameArena arena, long offset, long size) : TensorMemory(null, 0)
{
    /// <summary>Unit: bytes.</summary>
    public long Offset { get; } = offset;

    /// <summary>Unit: bytes.</summary>
    public long Size { get; } = size;

    /// <summary>The list of slots that hold a value.</summary>
    public SlotMemory? Next { get; set; }

    public SlotMemory? Previous { get; set; }

    public void Start(BlockMemory block) => Restart(block.Pointer + Offset, Size);

    protected override void Free() => arena.Forget(this);
}
