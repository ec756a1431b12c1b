using System.Buffers;
using Nbc.Tensors;

namespace Ahr.Backends.OnnxRuntime;

/// <summary>Memory of the engine, shown as <see cref="Memory{T}"/> until it is given back.</summary>
/// <remarks>After <see cref="Close"/> every access throws; a span taken before must not be used after.</remarks>
internal sealed unsafe class NativeBytes(ReadOnlySpan<byte> bytes, object? keeper = null) : MemoryManager<byte>
{
    // What owns the memory lives as long as anybody can still look through this window.
    private object? _keeper = keeper;
    private readonly int _length = bytes.Length;
    private void* _start = System.Runtime.CompilerServices.Unsafe.AsPointer(
        ref System.Runtime.InteropServices.MemoryMarshal.GetReference(bytes));

    public override Span<byte> GetSpan()
    {
        void* start = _start;
        ObjectDisposedException.ThrowIf(start is null && _length > 0, typeof(TensorSet));
        return new Span<byte>(start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)_length, nameof(elementIndex));
        GetSpan();
        return new MemoryHandle((byte*)_start + elementIndex); // it never moves
    }

    public override void Unpin()
    {
    }

    public void Close()
    {
        _start = null;
        _keeper = null;
    }

    protected override void Dispose(bool disposing) => Close();
}
