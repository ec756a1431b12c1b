using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Nbc.Values;

/// <summary>A piece of memory that the garbage collector does not move, with a count of the tensors in it.</summary>
/// <remarks>
/// Bound: starts with one reference, for its maker; the last <see cref="Release"/> frees it. One thread at a time may
/// retain and release; what several threads read at once (constants) lies in <see cref="ForeignMemory"/>.
/// </remarks>
public abstract unsafe class TensorMemory
{
    private int _references = 1;

    protected TensorMemory(byte* pointer, long length)
    {
        Pointer = pointer;
        Length = length;
    }

    /// <summary>The first byte; aligned to <see cref="Alignment"/> in memory of our own.</summary>
    public byte* Pointer { get; private set; }

    /// <summary>Unit: bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Alignment of memory of our own: a cache line, and the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>True when exactly one tensor lies here, so that its memory may be taken over.</summary>
    public virtual bool IsExclusive => _references == 1;

    public virtual void Retain()
    {
        Debug.Assert(_references > 0, "memory was freed already");
        _references++;
    }

    public virtual void Release()
    {
        Debug.Assert(_references > 0, "memory was freed already");
        if (--_references == 0)
        {
            Free();
        }
    }

    /// <summary>For memory that is used again: counts from one reference anew, with another place and length.</summary>
    protected void Restart(byte* pointer, long length)
    {
        Pointer = pointer;
        Length = length;
        _references = 1;
    }

    protected abstract void Free();
}

/// <summary>Memory from the operating system's heap.</summary>
public sealed unsafe class HeapMemory : TensorMemory
{
    /// <param name="length">Unit: bytes. Zero is allowed.</param>
    public HeapMemory(long length)
        : base((byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), Alignment), length)
    {
    }

    ~HeapMemory() => NativeMemory.AlignedFree(Pointer);

    protected override void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Restart(null, 0); // the finalizer then frees nothing
    }
}

/// <summary>Memory that something else keeps alive: a mapped file, a pinned array.</summary>
/// <param name="keeper">Held as long as this object lives.</param>
public sealed unsafe class ForeignMemory(byte* pointer, long length, object? keeper) : TensorMemory(pointer, length)
{
    /// <summary>What keeps the memory alive.</summary>
    public object? Keeper { get; } = keeper;

    /// <summary>Never: others may read it.</summary>
    public override bool IsExclusive => false;

    public override void Retain()
    {
    }

    public override void Release()
    {
    }

    protected override void Free()
    {
    }
}
