using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Instructions;

/// <summary>A tensor that a program brings along, or says where to find. Many threads read it, nobody writes.</summary>
public sealed class NbcConstant
{
    private NbcConstant(string name, ElementType type, long[] shape, TensorValue? value, string? blob, long offset)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Value = value;
        Blob = blob;
        BlobOffset = offset;
    }

    /// <summary>Unique in its program.</summary>
    public string Name { get; }

    public ElementType Type { get; }

    /// <summary>Do not change it.</summary>
    public long[] Shape { get; }

    /// <summary>The elements, in memory that is never exclusive; null when they are in a blob.</summary>
    public TensorValue? Value { get; }

    /// <summary>Which outside content holds the elements: as a rule its SHA-256. Null when they are here.</summary>
    public string? Blob { get; }

    /// <summary>Unit: bytes from the start of the blob.</summary>
    public long BlobOffset { get; }

    /// <summary>A constant with the elements of a tensor, which stay where they are and must not change.</summary>
    /// <remarks>Memory that counts its tensors is kept for good: the collector frees it with the program.</remarks>
    public static unsafe NbcConstant Of(string name, TensorValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        TensorValue held = new();
        if (value.Memory is null)
        {
            held.ResetStrings(value.Strings, value.Shape);
        }
        else
        {
            if (value.Memory is not ForeignMemory)
            {
                value.Memory.Retain(); // the last reference, so that nobody frees it before the collector
            }

            held.Reset(value.Type, value.Shape, new ForeignMemory(value.Pointer, value.ByteCount, value.Memory), 0);
        }

        return new NbcConstant(name, value.Type, value.Shape.ToArray(), held, null, 0);
    }

    /// <summary>A constant whose elements lie in a blob, found when the program is loaded.</summary>
    /// <exception cref="ArgumentException">Strings have no place in a blob.</exception>
    public static NbcConstant InBlob(string name, ElementType type, long[] shape, string blob, long offset)
    {
        if (type == ElementType.String)
        {
            throw new ArgumentException("strings have no place in a blob", nameof(type));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        return new NbcConstant(name, type, shape, null, blob, offset);
    }
}
