using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nbc.Tensors;

namespace Nbc.Values;

/// <summary>A tensor in memory: element type, shape, and where its elements lie.</summary>
/// <remarks>
/// Shape: row-major, no gaps; an empty shape is a scalar; a dimension of 0 is an empty tensor.
/// Bound: at most 2^31 - 1 elements. Types below eight bits take one byte an element here.
/// An object is used again for other content (<see cref="Reset"/>); whoever keeps one keeps a <see cref="Share"/>.
/// </remarks>
public sealed unsafe class TensorValue : NbcValue
{
    private long[] _shape = [];
    private TensorMemory? _memory;
    private byte* _pointer;
    private byte[]? _array;
    private int _place;
    private byte[][]? _strings;

    public ElementType Type { get; private set; }

    public int Rank { get; private set; }

    public ReadOnlySpan<long> Shape => _shape.AsSpan(0, Rank);

    /// <summary>Elements in all; 1 for a scalar.</summary>
    public int Count { get; private set; }

    /// <summary>Unit: bytes. 0 for strings.</summary>
    public long ByteCount => (long)Count * ElementTypes.SizeOf(Type);

    /// <summary>The memory it lies in; null for strings and for a tensor that was released.</summary>
    public TensorMemory? Memory => _memory;

    /// <summary>Unit: bytes from the start of the memory to the first element.</summary>
    public long Offset => _memory is null ? 0 : _pointer - _memory.Pointer;

    /// <summary>The first element; read it only while the memory is held.</summary>
    public byte* Pointer => _pointer;

    /// <summary>The elements of a tensor of strings.</summary>
    /// <exception cref="InvalidOperationException">It is of another type.</exception>
    public byte[][] Strings => _strings ?? throw new InvalidOperationException($"{Type} is not a string");

    /// <summary>A tensor of its own on the heap, its elements unset.</summary>
    public static TensorValue Allocate(ElementType type, params ReadOnlySpan<long> shape)
    {
        TensorValue value = new();
        if (type == ElementType.String)
        {
            value.ResetStrings(new byte[checked((int)Shapes.Product(shape))][], shape);
            value._strings.AsSpan().Fill([]);
            return value;
        }

        HeapMemory memory = new(checked(Shapes.Product(shape) * ElementTypes.SizeOf(type)));
        value.Reset(type, shape, memory, 0);
        memory.Release();
        return value;
    }

    /// <summary>A tensor of its own with these elements.</summary>
    public static TensorValue From<T>(ElementType type, ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        TensorValue value = Allocate(type, shape);
        elements.CopyTo(value.Span<T>());
        return value;
    }

    /// <summary>A tensor of strings.</summary>
    public static TensorValue FromStrings(byte[][] elements, params ReadOnlySpan<long> shape)
    {
        TensorValue value = new();
        value.ResetStrings(elements, shape);
        return value;
    }

    /// <summary>Takes another place and shape; the memory is retained, what was held before is let go.</summary>
    /// <param name="offset">Unit: bytes from the start of <paramref name="memory"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The elements do not fit into the memory.</exception>
    public void Reset(ElementType type, ReadOnlySpan<long> shape, TensorMemory memory, long offset)
    {
        ArgumentNullException.ThrowIfNull(memory);
        long count = Shapes.Product(shape);
        long bytes = checked(count * ElementTypes.SizeOf(type));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, int.MaxValue, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegative(count, nameof(shape));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + bytes, memory.Length, nameof(offset));
        memory.Retain();
        TakeShape(type, shape, (int)count);
        _memory?.Release();
        _memory = memory;
        _pointer = memory.Pointer + offset;
        TakeArray(memory.Array);
        _strings = null;
    }

    /// <summary>Takes strings as content; the array is kept.</summary>
    public void ResetStrings(byte[][] elements, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(elements);
        ArgumentOutOfRangeException.ThrowIfNotEqual(elements.Length, Shapes.Product(shape), nameof(elements));
        TakeShape(ElementType.String, shape, elements.Length);
        Forget();
        _strings = elements;
    }

    /// <summary>Shows the elements of another tensor under a shape of as many elements; nothing is copied.</summary>
    public void ResetView(TensorValue source, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Shapes.Product(shape), source.Count, nameof(shape));
        if (source._strings is { } strings)
        {
            ResetStrings(strings, shape);
            return;
        }

        ResetView(source, 0, source.Type, shape);
    }

    /// <summary>Shows a part of another tensor that lies without gaps.</summary>
    /// <param name="offset">Unit: bytes from the first element of <paramref name="source"/>.</param>
    public void ResetView(TensorValue source, long offset, ElementType type, ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(source);
        TensorMemory memory = source._memory ?? throw new InvalidOperationException("the tensor has no memory");
        Reset(type, shape, memory, source._pointer - memory.Pointer + offset);
    }

    /// <summary>The elements, to read and to write, for as long as the tensor is held.</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not as large as an element.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Span<T>()
        where T : unmanaged
    {
        if (sizeof(T) != ElementTypes.SizeOf(Type))
        {
            ThrowSize(typeof(T));
        }

        return _array is { } array
            ? MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref array[_place]), Count)
            : new Span<T>(_pointer, Count);
    }

    /// <summary>The elements as bytes.</summary>
    /// <exception cref="OverflowException">More than 2^31 - 1 bytes; use <see cref="Pointer"/> then.</exception>
    public Span<byte> Bytes() => _array is { } array
        ? array.AsSpan(_place, (int)ByteCount)
        : new Span<byte>(_pointer, checked((int)ByteCount));

    /// <inheritdoc/>
    public override void Release()
    {
        Forget();
        TakeShape(ElementType.Undefined, [], 0);
    }

    /// <inheritdoc/>
    public override TensorValue Share()
    {
        TensorValue copy = new();
        copy.ResetView(this, Shape);
        return copy;
    }

    /// <summary>As people read it: <c>f32 [2, 3]</c>.</summary>
    public override string ToString() => $"{ElementTypes.TextOf(Type)} {Shapes.Text(Shape)}";

    private void Forget()
    {
        _memory?.Release();
        _memory = null;
        _pointer = null;
        _array = null;
        _strings = null;
    }

    private void TakeArray(byte[]? array)
    {
        _array = array;
        if (array is not null)
        {
            _place = (int)Unsafe.ByteOffset(
                ref MemoryMarshal.GetArrayDataReference(array), ref Unsafe.AsRef<byte>(_pointer));
        }
    }

    // Shape may be a view of this very tensor's shape: copy before anything else changes.
    private void TakeShape(ElementType type, ReadOnlySpan<long> shape, int count)
    {
        if (_shape.Length < shape.Length)
        {
            long[] longer = new long[Math.Max(shape.Length, 6)];
            shape.CopyTo(longer);
            _shape = longer;
        }
        else
        {
            shape.CopyTo(_shape);
        }

        Rank = shape.Length;
        Type = type;
        Count = count;
    }

    private void ThrowSize(Type type) =>
        throw new InvalidOperationException($"{type.Name} is not as large as an element of {this}");
}
