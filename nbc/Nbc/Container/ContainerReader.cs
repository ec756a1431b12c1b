using System.Collections.Immutable;
using Nbc.Instructions;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Container;

/// <summary>Reads the fields that only a program has.</summary>
internal sealed class ContainerReader(ForeignMemory memory) : SectionReader(memory)
{
    /// <summary>A signed number of 32 bits.</summary>
    public int Int32()
    {
        long value = Signed();
        if (value is < int.MinValue or > int.MaxValue)
        {
            Fail($"{value} is more than 32 bits");
        }

        return Fault is null ? (int)value : 0;
    }

    /// <summary>A length of 63 bits.</summary>
    public long Length()
    {
        ulong value = Unsigned();
        if (value > long.MaxValue)
        {
            Fail($"{value} is no length");
        }

        return Fault is null ? (long)value : 0;
    }

    public ImmutableArray<T> Array<T>(Func<T> read) => [.. List(read)];

    public NbcScalar Scalar()
    {
        byte kind = Byte();
        switch ((ScalarKind)kind)
        {
            case ScalarKind.Null: return NbcScalar.Null;
            case ScalarKind.Int: return Signed();
            case ScalarKind.Float: return Double();
            case ScalarKind.Bool: return Flag();
            case ScalarKind.Text: return Utf8Text();
            default:
                Fail($"{kind} is no kind of scalar");
                return default;
        }
    }

    public NbcType Type(int depth = 0)
    {
        byte kind = Byte();
        if (depth == NbcType.MaxDepth || kind > (byte)NbcValueKind.Map)
        {
            Fail(depth == NbcType.MaxDepth ? "types are nested too deep" : $"{kind} is no kind of value");
        }

        if (Fault is not null)
        {
            return NbcType.Any;
        }

        switch ((NbcValueKind)kind)
        {
            case NbcValueKind.Tensor:
                ElementType element = Element();
                int rank = Count() - 1;
                long[]? sizes = rank < 0 ? null : new long[rank];
                for (int i = 0; i < rank; i++)
                {
                    sizes![i] = Signed();
                }

                return new NbcType(NbcValueKind.Tensor, element, sizes);
            case NbcValueKind.Sequence: return NbcType.Sequence(Type(depth + 1));
            case NbcValueKind.Optional: return NbcType.Optional(Type(depth + 1));
            case NbcValueKind.Map: return NbcType.Map(Element(), Type(depth + 1));
            default: return NbcType.Any;
        }
    }

    /// <summary>A shape whose elements are at most 2^31 - 1.</summary>
    public long[] Shape(out long count)
    {
        int rank = Count();
        if (rank > NbcType.MaxRank)
        {
            Fail($"{rank} dimensions");
            rank = 0;
        }

        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = Length();
        }

        if (!Tensors.Tensor.TryCount(shape, out count) || count > int.MaxValue)
        {
            Fail($"{Shapes.Text(shape)} is no shape");
            count = 0;
        }

        return shape;
    }

    public KernelAttributes Attributes() => Attributes(Utf8Text, Tensor);

    private TensorValue Tensor()
    {
        ElementType type = Element();
        long[] shape = Shape(out long count);
        if (Fault is null && type == ElementType.String && Strings(count) is { } strings && Fault is null)
        {
            return TensorValue.FromStrings(strings, shape);
        }

        ReadOnlySpan<byte> data = Take(count * ElementTypes.SizeOf(type));
        return Fault is null
            ? TensorValue.From(ElementType.UInt8, data, data.Length).Viewed(type, shape)
            : new TensorValue();
    }
}

/// <summary>The bytes of a tensor under another type.</summary>
internal static class TensorViews
{
    public static TensorValue Viewed(this TensorValue bytes, ElementType type, long[] shape)
    {
        TensorValue view = new();
        view.ResetView(bytes, 0, type, shape);
        bytes.Release();
        return view;
    }
}
