using Nbc.Container;
using Nbc.Kernels;
using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Tests.Container;

public sealed class SectionTests
{
    private delegate void Reads(SectionReader reader);

    [Fact]
    public void Numbers_come_back_as_they_were_written() =>
        Gen.Select(Gen.ULong, Gen.Long, Gen.Double).Sample((unsigned, signed, real) =>
        {
            SectionWriter writer = new();
            writer.Unsigned(unsigned);
            writer.Signed(signed);
            writer.Double(real);
            Read(writer.Written, reader =>
            {
                Assert.Equal(unsigned, reader.Unsigned());
                Assert.Equal(signed, reader.Signed());
                Assert.Equal(BitConverter.DoubleToInt64Bits(real), BitConverter.DoubleToInt64Bits(reader.Double()));
                Assert.True(reader.IsAtEnd);
                Assert.Null(reader.Fault);
            });
        });

    [Theory]
    [InlineData(0ul, new byte[] { 0 })]
    [InlineData(127ul, new byte[] { 0x7F })]
    [InlineData(300ul, new byte[] { 0xAC, 0x02 })]
    public void A_number_has_seven_bits_a_byte(ulong value, byte[] expected)
    {
        SectionWriter writer = new();
        writer.Unsigned(value);
        Assert.Equal(expected, writer.Written.ToArray());
    }

    [Fact]
    public void Attributes_of_every_kind_come_back()
    {
        TensorValue tensor = TensorValue.From(ElementType.Int64, [1L], 1);
        KernelAttributes attributes = new(
        [
            new("a", 1L), new("b", 0.5), new("c", AttributeValue.FromText([65])), new("d", new[] { -1L, 2 }),
            new("e", new[] { 1.5 }), new("f", AttributeValue.FromTexts([[66], []])), new("g", tensor),
            new("h", AttributeValue.FromTensors([tensor, tensor])),
        ]);
        SectionWriter writer = new();
        Write(attributes, writer);
        byte[] written = writer.Written.ToArray();
        Read(written, reader =>
        {
            KernelAttributes read = reader.Attributes(
                () => ((char)reader.Byte()).ToString(), () => reader.Byte() == 9 ? tensor : new TensorValue());
            SectionWriter again = new();
            Write(read, again);
            Assert.Null(reader.Fault);
            Assert.Equal(8, read.Count);
            Assert.Same(tensor, read.All.ElementAt(6).Value.Tensor);
            Assert.Equal(written, again.Written.ToArray());
        });
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2, 7 }, "more than 64 bits", 10)]
    [InlineData(new byte[] { 0x85 }, "1 bytes are expected, 0 are left", 1)]
    public void A_broken_number_is_zero_and_so_is_all_behind_it(byte[] bytes, string fault, long at) =>
        Read(bytes, reader =>
        {
            Assert.Equal(0ul, reader.Unsigned());
            Assert.Contains(fault, reader.Fault);
            Assert.Equal(at, reader.FaultAt);
            reader.Fail("another");
            Assert.Contains(fault, reader.Fault);
            Assert.Equal(0, reader.Byte());
            Assert.Equal(0, reader.Signed());
            Assert.Equal(0, reader.Double());
            Assert.Equal(0, reader.Count());
            Assert.Empty(reader.Bytes());
            Assert.Empty(reader.List(reader.Byte));
            Assert.Equal(ElementType.Undefined, reader.Element());
            Assert.Equal(at, reader.FaultAt);
        });

    [Fact]
    public void What_no_writer_writes_is_a_fault()
    {
        Fails([5, 1, 2], reader => reader.List(reader.Byte), "5 items in 2 bytes");
        Fails([1, 0xFF], reader => reader.Utf8Text(), "not UTF-8");
        Fails([2], reader => reader.Flag(), "2 is neither 0 nor 1");
        Fails([0], reader => reader.Element(), "0 is no element type");
        Fails([99], reader => reader.Element(orUndefined: true), "99 is no element type");
        Fails([0], reader => reader.Strings(3), "3 strings in 1 bytes");
        Fails([1, 0, 99], reader => reader.Attributes(reader.Utf8Text, () => new()), "99 is no kind of attribute");
        Fails([2, 1, 98, 0, 0, 1, 97, 0, 0], reader => reader.Attributes(reader.Utf8Text, () => new()), "order");
        Read([0], reader => Assert.Equal(ElementType.Undefined, reader.Element(orUndefined: true)));
        Read([0], reader => Assert.Throws<ArgumentOutOfRangeException>(() => reader.Enter(1, 1)));
    }

    private static void Write(KernelAttributes attributes, SectionWriter writer) =>
        writer.Attributes(attributes, name => writer.Byte((byte)name[0]), _ => writer.Byte(9));

    private static void Fails(byte[] bytes, Reads read, string fault) => Read(bytes, reader =>
    {
        read(reader);
        Assert.Contains(fault, reader.Fault);
    });

    private static unsafe void Read(ReadOnlySpan<byte> bytes, Reads check)
    {
        HeapMemory copy = new(bytes.Length);
        bytes.CopyTo(new Span<byte>(copy.Pointer, bytes.Length));
        SectionReader reader = new(new ForeignMemory(copy.Pointer, bytes.Length, copy));
        reader.Enter(0, bytes.Length);
        check(reader);
    }
}
