using System.Buffers;
using NoodleNet.Wire;

namespace NoodleNet.Tests.Wire;

public sealed class FieldTests
{
    [Fact]
    public void Fields_are_read_as_written() =>
        Gen.Select(Gen.Byte, Gen.ULong, Gen.UInt, Gen.Byte.Array[0, 300], Gen.Int[0, 200]).Sample(
        (one, big, number, bytes, count) =>
        {
            string text = new('ü', count);
            var output = new ArrayBufferWriter<byte>();
            var writer = new FieldWriter(output);
            writer.Byte(one);
            writer.UInt64(big);
            writer.Number(number);
            writer.Bytes(bytes);
            writer.Text(text);
            writer.Raw(bytes);

            var reader = new FieldReader(output.WrittenSpan);
            Assert.Equal(one, reader.Byte());
            Assert.Equal(big, reader.UInt64());
            Assert.Equal(number, reader.Number(uint.MaxValue));
            Assert.Equal(bytes, reader.Bytes(300));
            Assert.Equal(text, reader.Text(400));
            Assert.Equal(bytes.Length, reader.Remaining);
            Assert.Equal(bytes, reader.Raw(bytes.Length));
            Assert.True(reader.IsComplete);
        });

    [Fact]
    public void The_first_fault_stays()
    {
        var reader = new FieldReader([5, 1, 2]);
        Assert.True(reader.Bytes(4).IsEmpty);
        Assert.True(reader.Failed);
        Assert.Equal((0, 0ul, 0u, ""), (reader.Byte(), reader.UInt64(), reader.Number(9), reader.Text(9)));
        Assert.False(reader.IsComplete);
    }
}
