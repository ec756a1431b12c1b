using System.Numerics;
using Nbc.Tensors;

namespace Nbc.Tests.Tensors;

public sealed class TensorTests
{
    public static TheoryData<long[], bool, long> Counts => new()
    {   // shape                        is one   elements
        { [], true, 1 },
        { [7], true, 7 },
        { [2, 3, 4], true, 24 },
        { [0], true, 0 },
        { [long.MaxValue, 0, long.MaxValue], true, 0 },
        { [long.MaxValue], true, long.MaxValue },
        { [long.MaxValue, 2], false, 0 },
        { [16, (1L << 60) + 2], false, 0 },
        { [-1], false, 0 },
        { [0, -1], false, 0 },
    };

    [Theory]
    [MemberData(nameof(Counts))]
    public void A_shape_multiplies_out_or_is_refused(long[] shape, bool isShape, long count)
    {
        Assert.Equal(isShape, Tensor.TryCount(shape, out long found));
        if (isShape)
        {
            Assert.Equal(count, found);
        }

        Assert.Equal(count, new Tensor("x", ElementType.UInt8, shape, default).Count);
    }

    [Fact]
    public void Counting_agrees_with_arithmetic_without_bounds() =>
        Gen.Long[0, 1L << 40].Array[0, 4].Sample(shape =>
        {
            BigInteger product = shape.Aggregate(BigInteger.One, (a, b) => a * b);
            bool fits = Tensor.TryCount(shape, out long count);
            Assert.Equal(product <= long.MaxValue, fits);
            Assert.True(!fits || count == product);
        });

    public static TheoryData<ElementType, long[], byte[], string?> Data => new()
    {   // type                shape     data                            what is wrong
        { ElementType.Float32, [2], new byte[8], null },
        { ElementType.Float32, [2], new byte[7], "is 8 bytes, the data is 7" },
        { ElementType.Float32, [], new byte[4], null },
        { ElementType.Int64, [0, 5], [], null },
        { ElementType.Int64, [-1], [], "is not a shape" },
        { ElementType.Int64, [1L << 61], [], "has no size in memory" },
        { ElementType.Undefined, [1], [0], "has no size in memory" },
        { ElementType.String, [2], [1, 0, 0, 0, 0xff, 0, 0, 0, 0], null },
        { ElementType.String, [0], [], null },
        { ElementType.String, [1], [1, 0, 0], "ends before string 0 of 1" },
        { ElementType.String, [1], [2, 0, 0, 0, 9], "string 0 says 2 bytes, 1 are left" },
        { ElementType.String, [1], [0xff, 0xff, 0xff, 0xff, 9], "string 0 says 4294967295 bytes" },
        { ElementType.String, [1], [0, 0, 0, 0, 9], "1 bytes are left after the last string" },
    };

    [Theory]
    [MemberData(nameof(Data))]
    public void Data_must_have_the_size_that_type_and_shape_ask_for(
        ElementType type, long[] shape, byte[] data, string? expected)
    {
        var tensor = new Tensor("x", type, shape, data);
        Assert.Equal(expected is null, tensor.TryValidate(out string? fault));
        Assert.Contains(expected ?? "", fault ?? "", StringComparison.Ordinal);
    }
}
