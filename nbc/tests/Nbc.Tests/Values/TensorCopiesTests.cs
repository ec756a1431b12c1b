using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Tests.Values;

public sealed class TensorCopiesTests
{
    [Fact]
    public void Numbers_come_back_bit_for_bit_in_memory_of_their_own()
    {
        byte[] data = [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(float.NaN)];
        TensorValue value = TensorCopies.ToValue(new Tensor("x", ElementType.Float32, [2, 1], data));
        data.AsSpan().Clear();
        Assert.Equal([1.5f, float.NaN], value.Span<float>().ToArray());
        Tensor copy = TensorCopies.ToTensor(value, "y");
        Assert.Equal(("y", ElementType.Float32), (copy.Name, copy.Type));
        Assert.Equal([2, 1], copy.Shape);
        value.Span<float>().Clear();
        Assert.Equal(1.5f, BitConverter.ToSingle(copy.Data.Span));
    }

    [Fact]
    public void Strings_keep_every_byte()
    {
        byte[] data = [2, 0, 0, 0, 0xFF, 0, 0, 0, 0, 0];
        TensorValue value = TensorCopies.ToValue(new Tensor("x", ElementType.String, [2], data));
        Assert.Equal([0xFF, 0], value.Strings[0]);
        Assert.Empty(value.Strings[1]);
        Tensor copy = TensorCopies.ToTensor(value, "x");
        Assert.Equal(data, copy.Data.ToArray());
        Assert.True(copy.TryValidate(out _));
    }

    [Fact]
    public void Nothing_is_a_tensor_too()
    {
        TensorValue value = TensorCopies.ToValue(new Tensor("x", ElementType.Int64, [0, 3], default));
        Assert.Equal([0, 3], TensorCopies.ToTensor(value, "x").Shape);
        Assert.True(TensorCopies.ToTensor(value, "x").Data.IsEmpty);
    }
}
