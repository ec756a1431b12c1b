using System.Diagnostics;
using System.Runtime.CompilerServices;
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

    /// <summary>The array it lies in, if any: a span of that keeps it alive.</summary>
    internal virtual byte[]? Array => null;

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

/// <summary>Memory of its own: up to <see cref="MostCollected"/> from the collector, pinned; above, from the system.
/// </summary>
/// <remarks>
/// Meaning: small memory is let go by the collector alone, so that a span of it is safe even when nobody holds the
/// tensor any more. Large memory is freed at once by the last <see cref="TensorMemory.Release"/>, and at the latest
/// by its finalizer: whoever reads a span of it keeps the tensor.
/// </remarks>
public sealed unsafe class HeapMemory : TensorMemory
{
    /// <summary>Unit: bytes.</summary>
    public const int MostCollected = 1 << 20;

    /// <param name="length">Unit: bytes. Zero is allowed.</param>
    public HeapMemory(long length)
        : this(
            length,
            length <= MostCollected ? GC.AllocateUninitializedArray<byte>((int)length + Alignment, pinned: true) : null)
    {
    }

    private HeapMemory(long length, byte[]? array)
        : base(array is null ? (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment) : Aligned(array), length)
    {
        Array = array;
        if (array is not null)
        {
            GC.SuppressFinalize(this);
        }
    }

    ~HeapMemory() => NativeMemory.AlignedFree(Pointer);

    internal override byte[]? Array { get; }

    protected override void Free()
    {
        if (Array is null)
        {
            NativeMemory.AlignedFree(Pointer);
        }

        Restart(null, 0); // the finalizer then frees nothing
    }

    private static byte* Aligned(byte[] array)
    {
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array)); // pinned: it stays there
        return (byte*)((start + Alignment - 1) & ~(nuint)(Alignment - 1));
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
