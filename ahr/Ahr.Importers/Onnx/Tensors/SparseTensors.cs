using System.Runtime.InteropServices;
using Ahr.Importers.Onnx.Proto;
using Ahr.Ntir;
using Nbc.Tensors;
using Nbc.Values;

namespace Ahr.Importers.Onnx.Tensors;

/// <summary>Makes sparse tensors dense: no operation of ONNX that people use keeps them sparse.</summary>
/// <param name="maxBytes">Bound of all dense tensors together: a few bytes of a file could ask for terabytes.</param>
internal sealed class SparseTensors(long maxBytes)
{
    private long _bytesLeft = Math.Min(maxBytes, int.MaxValue);

    /// <exception cref="ImportException">It is malformed, or too large when it is dense.</exception>
    public TensorValue Expand(SparseTensorProto proto, ExternalContent external)
    {
        long[] shape = [.. proto.Dims];
        long count = TensorReader.CountOf(shape);
        TensorValue values = TensorReader.Read(proto.Values ?? new TensorProto(), external);
        TensorValue indices = TensorReader.Read(proto.Indices ?? new TensorProto(), external);
        if (indices.Type != ElementType.Int64 || values.Rank != 1 || values.Type == ElementType.String)
        {
            throw Malformed("a sparse tensor has values of one dimension and indices of int64");
        }

        long bytes = count * ElementTypes.SizeOf(values.Type);
        if (bytes > _bytesLeft)
        {
            throw new ImportException(NtirFault.TooLarge, $"a sparse tensor of {TensorReader.ShortText(shape)} takes " +
                $"{bytes} bytes when dense, {_bytesLeft} are left");
        }

        _bytesLeft -= bytes;
        TensorValue dense = TensorValue.Allocate(values.Type, shape);
        dense.Bytes().Clear();
        Scatter(dense, values, Places(indices, values.Count, shape, count));
        return dense;
    }

    // Indices are places in the dense tensor, or a row of one index for each dimension.
    private static long[] Places(TensorValue indices, int count, long[] shape, long total)
    {
        ReadOnlySpan<long> given = MemoryMarshal.Cast<byte, long>(indices.Bytes());
        bool isRows = indices.Rank == 2 && indices.Shape[0] == count && indices.Shape[1] == shape.Length;
        if (!isRows && !(indices.Rank == 1 && indices.Count == count))
        {
            throw Malformed($"indices of {Shapes.Text(indices.Shape)} do not fit {count} values");
        }

        long[] places = new long[count];
        for (int i = 0; i < count; i++)
        {
            places[i] = isRows ? Place(given.Slice(i * shape.Length, shape.Length), shape) : given[i];
            if (places[i] < 0 || places[i] >= total)
            {
                throw Malformed("an index of a sparse tensor is outside its shape");
            }
        }

        return places;
    }

    private static long Place(ReadOnlySpan<long> row, long[] shape)
    {
        long place = 0;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (row[axis] < 0 || row[axis] >= shape[axis])
            {
                return -1;
            }

            place = (place * shape[axis]) + row[axis];
        }

        return place;
    }

    private static void Scatter(TensorValue dense, TensorValue values, long[] places)
    {
        int size = ElementTypes.SizeOf(values.Type);
        for (int i = 0; i < places.Length; i++)
        {
            values.Bytes().Slice(i * size, size).CopyTo(dense.Bytes()[(int)(places[i] * size)..]);
        }
    }

    private static ImportException Malformed(string detail) => new(NtirFault.Malformed, detail);
}
